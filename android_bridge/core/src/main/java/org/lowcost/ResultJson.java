package org.lowcost;

import java.util.Map;
import org.lowcost.json.JsonWriter;

/** The JSON form of a result, as {@code lowcost/result.schema.json} describes it; {@code lowcost.result_json}. */
public final class ResultJson {
    /** Version of the form; the first number changes when a reader of the old form would break. */
    public static final String SCHEMA_VERSION = "2.0";

    private final JsonWriter json = new JsonWriter();

    private ResultJson() {}

    /**
     * Writes a result as one line of ASCII, the very text that Python writes for the same values.
     *
     * @throws IllegalArgumentException a number is not finite
     */
    public static String write(SmearResult result) {
        ResultJson writer = new ResultJson();
        writer.result(result);
        return writer.json.toString();
    }

    private void result(SmearResult result) {
        json.beginObject();
        json.name("schema_version").value(SCHEMA_VERSION);
        json.name("fields").beginList();
        for (Field field : result.fields) {
            field(field);
        }
        json.endList();
        json.name("differential");
        differential(result.differential);
        json.name("failures").beginList();
        for (Failure failure : result.failures) {
            json.beginObject();
            json.name("name").value(failure.name);
            json.name("message").value(failure.message);
            json.endObject();
        }
        json.endList();
        json.name("provenance");
        texts(result.provenance);
        json.name("notice").value(Taxonomy.RESEARCH_USE_NOTICE);
        json.endObject();
    }

    private void field(Field field) {
        json.beginObject();
        json.name("name").value(field.name);
        json.name("sha256").value(field.sha256);
        json.name("width").value(field.width);
        json.name("height").value(field.height);
        json.name("verdict").value(field.verdict);
        json.name("reasons").value(field.reasons);
        json.name("quality");
        numbers(field.quality);
        json.name("scale").beginObject();
        json.name("um_per_px_x").value(field.scale.umPerPxX);
        json.name("um_per_px_y").value(field.scale.umPerPxY);
        json.name("source").value(field.scale.source);
        json.name("confidence").value(field.scale.confidence);
        json.name("red_cells").value(field.scale.redCells);
        json.name("note").value(field.scale.note);
        json.endObject();
        json.name("white_point");
        integers(field.whitePoint);
        json.name("stain_vectors").beginObject();
        for (Map.Entry<String, double[]> entry : field.stainVectors.entrySet()) {
            json.name(entry.getKey());
            numbers(entry.getValue());
        }
        json.endObject();
        json.name("cells").beginList();
        for (Cell cell : field.cells) {
            cell(cell);
        }
        json.endList();
        if (field.novelty != null) {
            json.name("novelty").value(field.novelty.doubleValue());
        }
        json.endObject();
    }

    private void cell(Cell cell) {
        json.beginObject();
        json.name("id").value(cell.id);
        json.name("box");
        integers(cell.box);
        json.name("polygon");
        points(cell.polygon);
        json.name("nucleus_polygons").beginList();
        for (double[][] polygon : cell.nucleusPolygons) {
            points(polygon);
        }
        json.endList();
        json.name("type").value(cell.type);
        json.name("probability").value(cell.probability);
        json.name("probabilities");
        numbers(cell.probabilities);
        json.name("touches_edge").value(cell.touchesEdge);
        json.name("attributes").beginObject();
        for (Map.Entry<String, AttributeValue> entry : cell.attributes.entrySet()) {
            json.name(entry.getKey());
            attribute(entry.getValue());
        }
        json.endObject();
        json.name("features");
        numbers(cell.features);
        json.name("possible_types").value(cell.possibleTypes);
        if (cell.novelty != null) {
            json.name("novelty").value(cell.novelty.doubleValue());
        }
        json.endObject();
    }

    private void attribute(AttributeValue attribute) {
        json.beginObject();
        json.name("name").value(attribute.name);
        json.name("value").value(attribute.value);
        json.name("probability").value(attribute.probability);
        json.name("evidence").value(attribute.evidence);
        json.name("reasons").beginList();
        for (Reason reason : attribute.reasons) {
            json.beginObject();
            json.name("feature").value(reason.feature);
            json.name("value").value(reason.value);
            json.name("weight").value(reason.weight);
            json.endObject();
        }
        json.endList();
        json.endObject();
    }

    private void differential(Differential differential) {
        json.beginObject();
        json.name("counted").value(differential.counted);
        json.name("shares").beginObject();
        for (Map.Entry<String, Share> entry : differential.shares.entrySet()) {
            json.name(entry.getKey());
            share(entry.getValue());
        }
        json.endObject();
        json.name("blast_equivalents");
        share(differential.blastEquivalents);
        json.name("blast_thresholds");
        texts(differential.blastThresholds);
        json.name("unidentified");
        share(differential.unidentified);
        json.name("artefacts");
        share(differential.artefacts);
        json.name("supports").value(differential.supports);
        json.name("neutrophils");
        share(differential.neutrophils);
        json.endObject();
    }

    private void share(Share share) {
        json.beginObject();
        json.name("count").value(share.count);
        json.name("total").value(share.total);
        json.name("percent").value(share.percent);
        json.name("low").value(share.low);
        json.name("high").value(share.high);
        if (share.withErrors != null) {
            json.name("with_errors").beginObject();
            json.name("percent").value(share.withErrors.percent);
            json.name("low").value(share.withErrors.low);
            json.name("high").value(share.withErrors.high);
            json.endObject();
        }
        json.endObject();
    }

    private void texts(Map<String, String> table) {
        json.beginObject();
        for (Map.Entry<String, String> entry : table.entrySet()) {
            json.name(entry.getKey()).value(entry.getValue());
        }
        json.endObject();
    }

    /** An undefined measurement is no entry. */
    private void numbers(Map<String, Double> table) {
        json.beginObject();
        for (Map.Entry<String, Double> entry : table.entrySet()) {
            double value = entry.getValue();
            if (!Double.isNaN(value) && !Double.isInfinite(value)) {
                json.name(entry.getKey()).value(value);
            }
        }
        json.endObject();
    }

    private void numbers(double[] values) {
        json.beginList();
        for (double value : values) {
            json.value(value);
        }
        json.endList();
    }

    private void integers(int[] values) {
        json.beginList();
        for (int value : values) {
            json.value(value);
        }
        json.endList();
    }

    private void points(double[][] points) {
        json.beginList();
        for (double[] point : points) {
            numbers(point);
        }
        json.endList();
    }
}
