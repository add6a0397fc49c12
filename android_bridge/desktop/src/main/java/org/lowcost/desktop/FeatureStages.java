package org.lowcost.desktop;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lowcost.features.Compute;
import org.lowcost.raster.Contours;
import org.lowcost.raster.ConvexHull;
import org.lowcost.raster.Distance;
import org.lowcost.raster.Fill;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Rgb;

/** The features of a cell, and the stages of {@code org.lowcost.raster} that they need. */
final class FeatureStages {
    private FeatureStages() {}

    static void register(Map<String, Stage.Handler> stages) {
        stages.put("features", FeatureStages::features);
        stages.put("features.names", (request, answer) -> answer.put("names", new ArrayList<Object>(Compute.NAMES)));
        stages.put("raster.shape", FeatureStages::shape);
    }

    /** Measures a cell: {@code view} (h, w, 3), {@code nucleus} and {@code cell} (h, w). */
    private static void features(Message request, Message answer) {
        int[] size = request.shape("cell");
        Rgb view = new Rgb(size[1], size[0], request.bytes("view"));
        Mask nucleus = new Mask(size[1], size[0], RasterStages.mask(request.bytes("nucleus")));
        Mask cell = new Mask(size[1], size[0], RasterStages.mask(request.bytes("cell")));
        long start = System.nanoTime();
        double[] values = Compute.compute(view, nucleus, cell);
        answer.put("seconds", (System.nanoTime() - start) / 1e9);
        answer.array("values", values);
    }

    /** Outlines, hull and distances of a mask, {@code image} (h, w). */
    private static void shape(Message request, Message answer) {
        int[] shape = request.shape("image");
        int width = shape[1];
        int height = shape[0];
        boolean[] mask = RasterStages.mask(request.bytes("image"));
        List<int[]> outlines = Contours.external(mask, width, height, false);
        answer.array("outlines", joined(outlines));
        answer.array("lengths", lengths(outlines));
        List<int[]> corners = Contours.external(mask, width, height, true);
        answer.array("corners", joined(corners));
        answer.array("corner_lengths", lengths(corners));
        answer.array("distance", Distance.squared(mask, width, height), shape);
        answer.array("filled", RasterStages.pixels(Fill.holes(mask, width, height)), shape);
        int[] hull = ConvexHull.of(joined(outlines));
        answer.array("hull", hull);
        answer.array("convex", RasterStages.pixels(Fill.convex(hull, width, height)), shape);
    }

    private static int[] lengths(List<int[]> outlines) {
        int[] lengths = new int[outlines.size()];
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = outlines.get(i).length;
        }
        return lengths;
    }

    private static int[] joined(List<int[]> outlines) {
        int count = 0;
        for (int length : lengths(outlines)) {
            count += length;
        }
        int[] joined = new int[count];
        int used = 0;
        for (int[] outline : outlines) {
            System.arraycopy(outline, 0, joined, used, outline.length);
            used += outline.length;
        }
        return joined;
    }
}
