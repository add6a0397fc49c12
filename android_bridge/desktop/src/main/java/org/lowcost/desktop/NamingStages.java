package org.lowcost.desktop;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.AttributeValue;
import org.lowcost.Attributes;
import org.lowcost.Bundle;
import org.lowcost.Classifier;
import org.lowcost.Conformal;
import org.lowcost.Crop;
import org.lowcost.Device;
import org.lowcost.Differential;
import org.lowcost.Novelty;
import org.lowcost.Prediction;
import org.lowcost.Profile;
import org.lowcost.Reason;
import org.lowcost.Reliability;
import org.lowcost.ResultJson;
import org.lowcost.SmearResult;
import org.lowcost.Strength;
import org.lowcost.Taxonomy;
import org.lowcost.json.Json;
import org.lowcost.model.Network;
import org.lowcost.model.TfLite;
import org.lowcost.raster.Rgb;

/** The stages from a cell's view to its name, and from cells to a result. */
final class NamingStages {
    private NamingStages() {}

    static void register(Map<String, Stage.Handler> stages) {
        stages.put("taxonomy", (request, answer) -> taxonomy(answer));
        stages.put("crop", (request, answer) -> {
            int[] shape = request.shape("view");
            Rgb crop = Crop.networkInput(new Rgb(shape[1], shape[0], request.bytes("view")));
            answer.array("crop", crop.data, crop.height, crop.width, 3);
        });
        stages.put("strength", NamingStages::strength);
        stages.put("classifier", NamingStages::classifier);
        stages.put("classifier.decide", NamingStages::decide);
        stages.put("attributes", NamingStages::attributes);
        stages.put("doubts", NamingStages::doubts);
        stages.put("result", NamingStages::result);
    }

    private static void taxonomy(Message answer) {
        List<Object> types = new ArrayList<>();
        for (Taxonomy.CellType type : Taxonomy.CELL_TYPES.values()) {
            types.add(Arrays.asList(type.name, type.label, type.isLeukocyte, type.isBlastEquivalent, type.loinc));
        }
        answer.put("types", types);
        List<Object> attributes = new ArrayList<>();
        for (Taxonomy.Attribute attribute : Taxonomy.ATTRIBUTES.values()) {
            attributes.add(Arrays.asList(attribute.name, attribute.label, attribute.scheme, attribute.values));
        }
        answer.put("attributes", attributes);
        answer.put("notice", Taxonomy.RESEARCH_USE_NOTICE);
    }

    private static void strength(Message request, Message answer) {
        Strength strength = Strength.load(CoreStages.bundle(request), Crop.UM_PER_PX);
        byte[] levelled = new byte[request.bytes("crops").length];
        int place = 0;
        for (Rgb crop : crops(request)) {
            byte[] data = strength.level(crop).data;
            System.arraycopy(data, 0, levelled, place, data.length);
            place += data.length;
        }
        answer.array("crops", levelled, request.shape("crops"));
    }

    /**
     * Names cells from {@code crops} (n, 96, 96, 3) and their features {@code rows} (n, f), where given of a device with
     * a {@code profile}.
     */
    private static void classifier(Message request, Message answer) {
        Bundle bundle = CoreStages.bundle(request);
        Device device = null;
        if (request.has("profile")) {
            device = new Device(Profile.load(request.bytes("profile"), "device.json"), bundle);
        }
        Classifier classifier = Classifier.load(bundle, device, TfLite.RUNTIME);
        long start = System.nanoTime();
        List<Rgb> crops = crops(request);
        Network.Run run = classifier.newRun();
        Classifier.Seen[] seen = new Classifier.Seen[crops.size()];
        for (int i = 0; i < seen.length; i++) {
            seen[i] = classifier.network(crops.get(i), run);
        }
        answer.put("seconds", (System.nanoTime() - start) / 1e9);
        List<Prediction> predictions = new ArrayList<>();
        int width = seen.length > 0 ? seen[0].logits.length : 0;
        int channels = seen.length > 0 ? seen[0].embedding.length : 0;
        byte[] logits = new byte[seen.length * width];
        byte[] embedding = new byte[seen.length * channels];
        for (int i = 0; i < seen.length; i++) {
            System.arraycopy(seen[i].logits, 0, logits, i * width, width);
            System.arraycopy(seen[i].embedding, 0, embedding, i * channels, channels);
            predictions.add(classifier.predict(seen[i], row(request, i)));
        }
        answer.array("network", logits, seen.length, width);
        answer.array("embedding", embedding, seen.length, channels);
        put(predictions, answer);
    }

    /** Decides on {@code logits} (n, classes). */
    private static void decide(Message request, Message answer) {
        Classifier classifier = Classifier.load(CoreStages.bundle(request), null, TfLite.RUNTIME);
        int width = request.shape("logits")[1];
        List<Prediction> predictions = new ArrayList<>();
        for (int i = 0; i < request.shape("logits")[0]; i++) {
            int[] own = Arrays.copyOfRange(request.ints("logits"), i * width, (i + 1) * width);
            predictions.add(classifier.decide(own));
        }
        put(predictions, answer);
    }

    private static void put(List<Prediction> predictions, Message answer) {
        List<Object> types = new ArrayList<>();
        double[] probability = new double[predictions.size()];
        int width = predictions.isEmpty() ? 0 : predictions.get(0).logits.length;
        double[] probabilities = new double[predictions.size() * width];
        int[] logits = new int[predictions.size() * width];
        for (int i = 0; i < probability.length; i++) {
            Prediction prediction = predictions.get(i);
            types.add(prediction.type);
            probability[i] = prediction.probability;
            int place = i * width;
            for (double value : prediction.probabilities.values()) {
                probabilities[place++] = value;
            }
            System.arraycopy(prediction.logits, 0, logits, i * width, width);
        }
        answer.put("types", types);
        answer.array("probability", probability);
        answer.array("probabilities", probabilities, probability.length, width);
        answer.array("logits", logits, probability.length, width);
    }

    /** Tells attributes from {@code rows} (n, f) and, where given, {@code embedding} (n, e). */
    private static void attributes(Message request, Message answer) {
        Attributes heads = Attributes.load(CoreStages.bundle(request));
        long start = System.nanoTime();
        List<Object> cells = attributes(heads, request);
        answer.put("seconds", (System.nanoTime() - start) / 1e9);
        answer.put("cells", cells);
    }

    /** The attributes of the cells that a request describes. */
    static List<Object> attributes(Attributes heads, Message request) {
        List<Object> cells = new ArrayList<>();
        for (int i = 0; i < request.shape("rows")[0]; i++) {
            byte[] embedding = null;
            if (request.has("embedding")) {
                int width = request.shape("embedding")[1];
                embedding = Arrays.copyOfRange(request.bytes("embedding"), i * width, (i + 1) * width);
            }
            Map<String, Object> cell = new LinkedHashMap<>();
            for (AttributeValue value : heads.predict(row(request, i), embedding, request.flag("assessable")).values()) {
                List<Object> reasons = new ArrayList<>();
                for (Reason reason : value.reasons) {
                    reasons.add(Arrays.<Object>asList(reason.feature, reason.value, reason.weight));
                }
                cell.put(value.name, Arrays.asList(value.value, value.probability, value.evidence, reasons));
            }
            cells.add(cell);
        }
        return cells;
    }

    /** Judges again which types the cells of a {@code result} may have, and how new they are. */
    private static void doubts(Message request, Message answer) {
        Bundle bundle = CoreStages.bundle(request);
        Conformal conformal = Conformal.load(bundle);
        Novelty novelty = Novelty.load(bundle);
        List<Object> possible = new ArrayList<>();
        List<Object> cells = new ArrayList<>();
        for (Object item : request.list("cells")) {
            Map<String, Object> cell = Json.object(item);
            Map<String, Double> probabilities = ResultReader.numbers(cell, "probabilities");
            possible.add(conformal.possibleTypes((String) cell.get("type"), probabilities));
            cells.add(novelty.ofCell(ResultReader.numbers(cell, "features")));
        }
        answer.put("possible_types", possible);
        answer.put("novelty", cells);
        answer.put("field", request.has("ranks") ? Novelty.ofField(request.doubles("ranks")) : null);
        answer.put("reliable", Reliability.holds(bundle));
    }

    /** Counts the cells of a {@code result} again, and writes it anew. */
    private static void result(Message request, Message answer) {
        Bundle bundle = CoreStages.bundle(request);
        Map<String, Object> data = Json.object(Json.parse(request.bytes("result")));
        Differential.Parameters parameters =
                new Differential.Parameters(bundle.section("differential"), Reliability.holds(bundle));
        SmearResult result = new SmearResult(
                ResultReader.fields(data),
                Differential.measure(ResultReader.fields(data), parameters),
                ResultReader.failures(data),
                ResultReader.texts(ResultReader.object(data, "provenance")));
        answer.array("result", ResultJson.write(result).getBytes(StandardCharsets.US_ASCII));
    }

    private static List<Rgb> crops(Message request) {
        int[] shape = request.shape("crops");
        int size = shape[1] * shape[2] * 3;
        List<Rgb> found = new ArrayList<>();
        for (int i = 0; i < shape[0]; i++) {
            byte[] data = Arrays.copyOfRange(request.bytes("crops"), i * size, (i + 1) * size);
            found.add(new Rgb(shape[2], shape[1], data));
        }
        return found;
    }

    private static double[] row(Message request, int index) {
        int width = request.shape("rows")[1];
        return Arrays.copyOfRange(request.doubles("rows"), index * width, (index + 1) * width);
    }
}
