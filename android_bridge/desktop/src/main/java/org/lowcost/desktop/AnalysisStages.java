package org.lowcost.desktop;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.Analyzer;
import org.lowcost.Failure;
import org.lowcost.Field;
import org.lowcost.Profile;
import org.lowcost.ResultJson;
import org.lowcost.image.Image;
import org.lowcost.model.TfLite;
import org.lowcost.raster.Rgb;

/** The whole of an analysis. */
final class AnalysisStages {
    /** Bundles that were read, by folder, and what was made of them. */
    private final Map<String, Analyzer> analyzers = new HashMap<>();

    static void register(Map<String, Stage.Handler> stages) {
        AnalysisStages own = new AnalysisStages();
        stages.put("analyze", own::analyze);
        stages.put("load", (request, answer) ->
                new Analyzer(CoreStages.bundle(request), null, TfLite.RUNTIME));
        stages.put("picture", AnalysisStages::picture);
        stages.put("picture.size", (request, answer) ->
                Image.checkSize(request.ints("size")[0], request.ints("size")[1], "the array"));
    }

    private Analyzer analyzer(Message request) {
        if (request.has("profile")) {
            Profile profile = Profile.load(request.bytes("profile"), "device.json");
            return new Analyzer(CoreStages.bundle(request), profile, TfLite.RUNTIME);
        }
        String folder = request.text("bundle");
        if (!analyzers.containsKey(folder)) {
            analyzers.put(folder, new Analyzer(CoreStages.bundle(request), null, TfLite.RUNTIME));
        }
        return analyzers.get(folder);
    }

    /** Analyses {@code image} (h, w, 3) and writes the {@code result}; with {@code stop_at}, up to that stage. */
    private void analyze(Message request, Message answer) {
        Analyzer analyzer = analyzer(request);
        Double umPerPx = request.has("um_per_px") ? (Double) request.number("um_per_px") : null;
        Image image = Image.of(ImageStages.rgb(request), "array");
        List<Object> reached = new ArrayList<>();
        long start = System.nanoTime();
        Field field = analyzer.field(image, umPerPx, (stage, done, of) -> {
            reached.add(stage + " " + done + " " + of + " " + (System.nanoTime() - start) / 1_000);
            return !(request.has("stop_at") && stage.toString().equals(request.text("stop_at")));
        });
        answer.put("seconds", (System.nanoTime() - start) / 1e9);
        answer.put("progress", reached);
        String result = ResultJson.write(
                analyzer.result(Collections.singletonList(field), Collections.<Failure>emptyList()));
        answer.array("result", result.getBytes(StandardCharsets.US_ASCII));
    }

    /** How a photograph is called: of {@code image}, or of {@code file} with its decoded pixels {@code image}. */
    private static void picture(Message request, Message answer) {
        Rgb pixels = ImageStages.rgb(request);
        Image image = request.has("file")
                ? Image.of(request.bytes("file"), pixels, "a.png")
                : Image.of(pixels, "array");
        answer.put("sha256", image.sha256);
        answer.put("picture_sha256", image.pictureSha256());
    }
}
