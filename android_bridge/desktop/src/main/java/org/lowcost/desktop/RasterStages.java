package org.lowcost.desktop;

import java.util.Map;
import org.lowcost.raster.Border;
import org.lowcost.raster.Components;
import org.lowcost.raster.Element;
import org.lowcost.raster.Filters;
import org.lowcost.raster.Morphology;

/** The stages of {@code org.lowcost.raster} that filter and label; all take an array {@code image} (h, w). */
final class RasterStages {
    private RasterStages() {}

    static void register(Map<String, Stage.Handler> stages) {
        stages.put("raster.box_sum", RasterStages::boxSum);
        stages.put("raster.morphology", RasterStages::morphology);
        stages.put("raster.components", RasterStages::components);
    }

    static boolean[] mask(byte[] pixels) {
        boolean[] mask = new boolean[pixels.length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = pixels[i] != 0;
        }
        return mask;
    }

    static byte[] pixels(boolean[] mask) {
        byte[] pixels = new byte[mask.length];
        for (int i = 0; i < mask.length; i++) {
            pixels[i] = (byte) (mask[i] ? 1 : 0);
        }
        return pixels;
    }

    private static void boxSum(Message request, Message answer) {
        int[] shape = request.shape("image");
        int side = request.integer("side");
        Border border = Border.valueOf(request.text("border"));
        byte[] grey = request.bytes("image");
        int[] values = new int[grey.length];
        short[] shorts = new short[grey.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = 1000 - (grey[i] & 0xff);
            shorts[i] = (short) values[i];
        }
        answer.array("bytes", Filters.boxSum(grey, shape[1], shape[0], side, border), shape);
        answer.array("shorts", Filters.boxSum(shorts, shape[1], shape[0], side, border), shape);
        answer.array("integers", Filters.boxSum(values, shape[1], shape[0], side, border), shape);
    }

    private static void morphology(Message request, Message answer) {
        int[] shape = request.shape("image");
        int width = shape[1];
        int height = shape[0];
        int[] size = request.shape("element");
        Element element = Element.of(mask(request.bytes("element")), size[1], size[0]);
        byte[] grey = request.bytes("image");
        boolean[] mask = mask(grey);
        answer.array("dilated", Morphology.dilate(grey, width, height, element), shape);
        answer.array("eroded", Morphology.erode(grey, width, height, element), shape);
        answer.array("top_hat", Morphology.topHat(grey, width, height, element), shape);
        answer.array("bottom_hat", Morphology.bottomHat(grey, width, height, element), shape);
        answer.array("mask_dilated", pixels(Morphology.dilate(mask, width, height, element)), shape);
        answer.array("mask_eroded", pixels(Morphology.erode(mask, width, height, element)), shape);
        answer.array("mask_opened", pixels(Morphology.open(mask, width, height, element)), shape);
    }

    private static void components(Message request, Message answer) {
        int[] shape = request.shape("image");
        Components found =
                Components.of(mask(request.bytes("image")), shape[1], shape[0], request.integer("connectivity"));
        answer.array("labels", found.labels, shape);
        answer.array("areas", found.areas());
        answer.array("boxes", found.boxes(), found.count, 4);
    }
}
