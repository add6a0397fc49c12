package org.lowcost.desktop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.AttributeValue;
import org.lowcost.Cell;
import org.lowcost.Failure;
import org.lowcost.Field;
import org.lowcost.Reason;
import org.lowcost.Scale;
import org.lowcost.json.Json;

/** Rebuilds fields and failures from a {@code result.json} that Python wrote, so that Java can go on from there. */
final class ResultReader {
    private ResultReader() {}

    static List<Field> fields(Map<String, Object> result) {
        List<Field> found = new ArrayList<>();
        for (Map<String, Object> item : objects(result, "fields")) {
            found.add(field(item));
        }
        return found;
    }

    static List<Failure> failures(Map<String, Object> result) {
        List<Failure> found = new ArrayList<>();
        for (Map<String, Object> item : objects(result, "failures")) {
            found.add(new Failure(text(item, "name"), text(item, "message")));
        }
        return found;
    }

    static Map<String, String> texts(Map<String, Object> table) {
        Map<String, String> found = new LinkedHashMap<>();
        for (Map.Entry<String, Object> entry : table.entrySet()) {
            found.put(entry.getKey(), (String) entry.getValue());
        }
        return found;
    }

    private static Field field(Map<String, Object> data) {
        Map<String, Object> scale = object(data, "scale");
        Map<String, double[]> vectors = new LinkedHashMap<>();
        for (Map.Entry<String, Object> entry : object(data, "stain_vectors").entrySet()) {
            vectors.put(entry.getKey(), doubles(entry.getValue()));
        }
        List<Cell> cells = new ArrayList<>();
        for (Map<String, Object> item : objects(data, "cells")) {
            cells.add(cell(item));
        }
        return new Field(text(data, "name"), text(data, "sha256"), integer(data, "width"), integer(data, "height"),
                text(data, "verdict"), strings(data, "reasons"), numbers(data, "quality"),
                new Scale(number(scale, "um_per_px_x"), number(scale, "um_per_px_y"), text(scale, "source"),
                        number(scale, "confidence"), integer(scale, "red_cells"), text(scale, "note")),
                ints(data.get("white_point")), vectors, cells, perhaps(data, "novelty"));
    }

    private static Cell cell(Map<String, Object> data) {
        List<double[][]> parts = new ArrayList<>();
        for (Object part : Json.list(data.get("nucleus_polygons"))) {
            parts.add(points(part));
        }
        Map<String, AttributeValue> attributes = new LinkedHashMap<>();
        for (Map.Entry<String, Object> entry : object(data, "attributes").entrySet()) {
            attributes.put(entry.getKey(), attribute(Json.object(entry.getValue())));
        }
        return new Cell(integer(data, "id"), ints(data.get("box")), points(data.get("polygon")), parts,
                text(data, "type"), number(data, "probability"), numbers(data, "probabilities"),
                (Boolean) data.get("touches_edge"), attributes, numbers(data, "features"),
                strings(data, "possible_types"), perhaps(data, "novelty"));
    }

    private static AttributeValue attribute(Map<String, Object> data) {
        List<Reason> reasons = new ArrayList<>();
        for (Map<String, Object> item : objects(data, "reasons")) {
            reasons.add(new Reason(text(item, "feature"), perhaps(item, "value"), number(item, "weight")));
        }
        return new AttributeValue(text(data, "name"), text(data, "value"), perhaps(data, "probability"),
                text(data, "evidence"), reasons);
    }

    static Map<String, Double> numbers(Map<String, Object> data, String name) {
        Map<String, Double> found = new LinkedHashMap<>();
        for (Map.Entry<String, Object> entry : object(data, name).entrySet()) {
            found.put(entry.getKey(), ((Number) entry.getValue()).doubleValue());
        }
        return found;
    }

    static Map<String, Object> object(Map<String, Object> data, String name) {
        return Json.object(data.get(name));
    }

    private static List<Map<String, Object>> objects(Map<String, Object> data, String name) {
        List<Map<String, Object>> found = new ArrayList<>();
        for (Object item : Json.list(data.get(name))) {
            found.add(Json.object(item));
        }
        return found;
    }

    private static double[][] points(Object list) {
        List<Object> items = Json.list(list);
        double[][] found = new double[items.size()][];
        for (int i = 0; i < found.length; i++) {
            found[i] = doubles(items.get(i));
        }
        return found;
    }

    private static double[] doubles(Object list) {
        List<Object> items = Json.list(list);
        double[] found = new double[items.size()];
        for (int i = 0; i < found.length; i++) {
            found[i] = ((Number) items.get(i)).doubleValue();
        }
        return found;
    }

    private static int[] ints(Object list) {
        List<Object> items = Json.list(list);
        int[] found = new int[items.size()];
        for (int i = 0; i < found.length; i++) {
            found[i] = ((Long) items.get(i)).intValue();
        }
        return found;
    }

    private static List<String> strings(Map<String, Object> data, String name) {
        List<String> found = new ArrayList<>();
        for (Object item : Json.list(data.get(name))) {
            found.add((String) item);
        }
        return found;
    }

    private static String text(Map<String, Object> data, String name) {
        return (String) data.get(name);
    }

    private static int integer(Map<String, Object> data, String name) {
        return ((Long) data.get(name)).intValue();
    }

    private static double number(Map<String, Object> data, String name) {
        return ((Number) data.get(name)).doubleValue();
    }

    private static Double perhaps(Map<String, Object> data, String name) {
        return data.get(name) == null ? null : (Double) number(data, name);
    }
}
