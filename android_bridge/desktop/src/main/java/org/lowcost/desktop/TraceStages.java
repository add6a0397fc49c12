package org.lowcost.desktop;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.Classifier;
import org.lowcost.Crop;
import org.lowcost.Detection;
import org.lowcost.Optics;
import org.lowcost.Scale;
import org.lowcost.View;
import org.lowcost.features.Compute;
import org.lowcost.image.Quality;
import org.lowcost.model.Network;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Rgb;

/** One photograph on its way from pixels to cells: what every stage hands to the next. */
final class TraceStages {
    private final Map<String, Models> models = new HashMap<>();

    static void register(Map<String, Stage.Handler> stages) {
        stages.put("trace", new TraceStages()::trace);
    }

    /**
     * Follows {@code image} (h, w, 3), where given at {@code um_per_px}. With {@code rows} (n, f) and {@code embedding}
     * (n, e), tells the attributes of these cells, so that they can be compared given equal features.
     */
    private void trace(Message request, Message answer) {
        String folder = request.text("bundle");
        if (!models.containsKey(folder)) {
            models.put(folder, new Models(CoreStages.bundle(request)));
        }
        Models own = models.get(folder);
        Scale known = null;
        if (request.has("um_per_px")) {
            double umPerPx = request.number("um_per_px");
            known = new Scale(umPerPx, umPerPx, "given", 1.0);
        }
        Optics optics = own.finder.optics(ImageStages.rgb(request), known, null);
        ImageStages.put(optics, answer);
        if (optics.quality.verdict.equals(Quality.REJECTED)) {
            return;
        }
        Detection detection = own.finder.detect(optics);
        Mask inside = detection.inside;
        answer.array("density", ImageStages.integers(detection.density), inside.height, inside.width, 3);
        answer.array("inside", RasterStages.pixels(inside.data), inside.height, inside.width);
        SegmentationStages.put(detection.nuclei, answer);
        describe(own.finder.find(optics, null).views, own.classifier, answer);
        if (request.has("rows")) {
            answer.put("attributes", NamingStages.attributes(own.attributes, request));
        }
    }

    /** Answers what is seen and measured of each cell, one after the other. */
    private static void describe(List<View> views, Classifier classifier, Message answer) {
        int count = views.size();
        byte[][] pixels = new byte[count][];
        byte[][] nuclei = new byte[count][];
        byte[][] cells = new byte[count][];
        byte[][] crops = new byte[count][];
        byte[][] logits = new byte[count][];
        byte[][] embedding = new byte[count][];
        double[] rows = new double[count * Compute.NAMES.size()];
        Network.Run run = classifier.newRun();
        for (int i = 0; i < count; i++) {
            View view = views.get(i);
            pixels[i] = view.pixels.data;
            nuclei[i] = RasterStages.pixels(view.nucleus.data);
            cells[i] = RasterStages.pixels(view.cell.data);
            Rgb crop = Crop.networkInput(view.pixels);
            crops[i] = crop.data;
            Classifier.Seen seen = classifier.network(crop, run);
            logits[i] = seen.logits;
            embedding[i] = seen.embedding;
            double[] row = Compute.compute(view.pixels, view.nucleus, view.cell);
            System.arraycopy(row, 0, rows, i * row.length, row.length);
        }
        answer.array("pixels", joined(pixels), count, Crop.VIEW_PX, Crop.VIEW_PX, 3);
        answer.array("nuclei", joined(nuclei), count, Crop.VIEW_PX, Crop.VIEW_PX);
        answer.array("cells", joined(cells), count, Crop.VIEW_PX, Crop.VIEW_PX);
        answer.array("crops", joined(crops), count, Crop.CROP_PX, Crop.CROP_PX, 3);
        answer.array("logits", joined(logits), count, count == 0 ? 0 : logits[0].length);
        answer.array("embedding", joined(embedding), count, count == 0 ? 0 : embedding[0].length);
        answer.array("rows", rows, count, Compute.NAMES.size());
    }

    private static byte[] joined(byte[][] parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] joined = new byte[length];
        int place = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, joined, place, part.length);
            place += part.length;
        }
        return joined;
    }
}
