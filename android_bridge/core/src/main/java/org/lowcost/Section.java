package org.lowcost;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lowcost.json.Json;

/**
 * A table of parameters that gives each its type. A module's {@code Parameters} reads its fields by name in its
 * constructor and then calls {@link #finish}, which refuses what nobody asked for.
 */
public final class Section {
    private static final String RESTORE = "restore the bundle from its source or reinstall lowcost";

    private final Map<String, Object> values;
    private final String where;
    private final Set<String> asked = new HashSet<>();

    private Section(Map<String, Object> values, String where) {
        this.values = values;
        this.where = where;
    }

    static Section of(Object value, String where) {
        Map<String, Object> table = Json.object(value);
        if (table == null) {
            throw wrong(value, where, "a table");
        }
        return new Section(table, where);
    }

    /** Returns whether a parameter is there and not null. */
    public boolean has(String name) {
        asked.add(name);
        return values.get(name) != null;
    }

    /** Returns the names of all parameters in their order, for tables whose keys are data. */
    public List<String> names() {
        asked.addAll(values.keySet());
        return Collections.unmodifiableList(new ArrayList<>(values.keySet()));
    }

    /** Returns an integer that fits in an {@code int}. */
    public int integer(String name) {
        return integer(get(name), place(name));
    }

    /** Returns a number; a JSON integer counts as one. */
    public double number(String name) {
        return number(get(name), place(name));
    }

    /** Returns a truth value. */
    public boolean flag(String name) {
        Object value = get(name);
        if (!(value instanceof Boolean)) {
            throw wrong(value, place(name), "bool");
        }
        return (Boolean) value;
    }

    /** Returns a text. */
    public String text(String name) {
        return text(get(name), place(name));
    }

    /** Returns a list of integers. */
    public int[] integers(String name) {
        List<Object> items = list(get(name), place(name));
        int[] found = new int[items.size()];
        for (int i = 0; i < found.length; i++) {
            found[i] = integer(items.get(i), place(name) + "[" + i + "]");
        }
        return found;
    }

    /** Returns a list of integers of a given length. */
    public int[] integers(String name, int count) {
        int[] found = integers(name);
        check(found.length, count, name);
        return found;
    }

    /** Returns a list of numbers. */
    public double[] numbers(String name) {
        return numbers(get(name), place(name));
    }

    /** Returns a list of numbers of a given length. */
    public double[] numbers(String name, int count) {
        double[] found = numbers(name);
        check(found.length, count, name);
        return found;
    }

    /** Returns a list of texts. */
    public List<String> texts(String name) {
        return texts(get(name), place(name));
    }

    /** Returns a list of lists of numbers. */
    public double[][] rowsOfNumbers(String name) {
        List<Object> items = list(get(name), place(name));
        double[][] found = new double[items.size()][];
        for (int i = 0; i < found.length; i++) {
            found[i] = numbers(items.get(i), place(name) + "[" + i + "]");
        }
        return found;
    }

    /** Returns a list of lists of texts. */
    public List<List<String>> rowsOfTexts(String name) {
        List<Object> items = list(get(name), place(name));
        List<List<String>> found = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) {
            found.add(texts(items.get(i), place(name) + "[" + i + "]"));
        }
        return Collections.unmodifiableList(found);
    }

    /** Returns a table within this one. */
    public Section section(String name) {
        return of(get(name), place(name));
    }

    /** Returns a table of numbers in its order. */
    public Map<String, Double> tableOfNumbers(String name) {
        Section table = section(name);
        Map<String, Double> found = new LinkedHashMap<>();
        for (String key : table.names()) {
            found.put(key, table.number(key));
        }
        return Collections.unmodifiableMap(found);
    }

    /** Returns a table of integers in its order. */
    public Map<String, Integer> tableOfIntegers(String name) {
        Section table = section(name);
        Map<String, Integer> found = new LinkedHashMap<>();
        for (String key : table.names()) {
            found.put(key, table.integer(key));
        }
        return Collections.unmodifiableMap(found);
    }

    /** Returns a table of texts in its order. */
    public Map<String, String> tableOfTexts(String name) {
        Section table = section(name);
        Map<String, String> found = new LinkedHashMap<>();
        for (String key : table.names()) {
            found.put(key, table.text(key));
        }
        return Collections.unmodifiableMap(found);
    }

    /** Refuses parameters that nobody asked for. */
    public void finish() {
        for (String name : values.keySet()) {
            if (!asked.contains(name)) {
                throw new BundleException(
                        place(name) + " is not known to this version of lowcost: use the bundle made for it");
            }
        }
    }

    private Object get(String name) {
        asked.add(name);
        if (!values.containsKey(name)) {
            throw new BundleException(place(name) + " is missing: use a bundle made for this version of lowcost");
        }
        return values.get(name);
    }

    private String place(String name) {
        return where + "." + name;
    }

    private void check(int found, int expected, String name) {
        if (found != expected) {
            throw new BundleException(
                    place(name) + " has " + found + " values, expected " + expected + ": " + RESTORE);
        }
    }

    private static int integer(Object value, String where) {
        if (!(value instanceof Long) || (Long) value != ((Long) value).intValue()) {
            throw wrong(value, where, "int");
        }
        return ((Long) value).intValue();
    }

    private static double number(Object value, String where) {
        if (!(value instanceof Number)) {
            throw wrong(value, where, "float");
        }
        return ((Number) value).doubleValue();
    }

    private static String text(Object value, String where) {
        if (!(value instanceof String)) {
            throw wrong(value, where, "str");
        }
        return (String) value;
    }

    private static double[] numbers(Object value, String where) {
        List<Object> items = list(value, where);
        double[] found = new double[items.size()];
        for (int i = 0; i < found.length; i++) {
            found[i] = number(items.get(i), where + "[" + i + "]");
        }
        return found;
    }

    private static List<String> texts(Object value, String where) {
        List<Object> items = list(value, where);
        List<String> found = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) {
            found.add(text(items.get(i), where + "[" + i + "]"));
        }
        return Collections.unmodifiableList(found);
    }

    private static List<Object> list(Object value, String where) {
        List<Object> found = Json.list(value);
        if (found == null) {
            throw wrong(value, where, "a list");
        }
        return found;
    }

    private static BundleException wrong(Object value, String where, String expected) {
        String text = Json.write(value);
        String shown = text.substring(0, Math.min(40, text.length()));
        return new BundleException(where + " is " + shown + ", expected " + expected + ": " + RESTORE);
    }
}
