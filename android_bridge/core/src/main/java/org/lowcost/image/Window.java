package org.lowcost.image;

import java.util.Arrays;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Rgb;

/** Windows of images by nearest pixel, for masks and labels, with a fill outside; {@code lowcost.image.window}. */
public final class Window {
    private Window() {}

    /**
     * Samples a window of a mask by nearest px; false outside the mask.
     *
     * @param mask the mask
     * @param left outer edge of the window, px of the mask; may lie outside it
     * @param top outer edge of the window
     * @param stepX edge of a sample along x, px of the mask
     * @param stepY edge of a sample along y
     * @param width number of samples along x
     * @param height number of samples along y
     */
    public static Mask nearest(
            Mask mask, double left, double top, double stepX, double stepY, int width, int height) {
        int[] columns = places(left, stepX, width, mask.width);
        int[] rows = places(top, stepY, height, mask.height);
        boolean[] window = new boolean[width * height];
        for (int y = 0, at = 0; y < height; y++) {
            int row = rows[y] * mask.width;
            for (int x = 0; x < width; x++, at++) {
                window[at] = row >= 0 && columns[x] >= 0 && mask.data[row + columns[x]];
            }
        }
        return new Mask(width, height, window);
    }

    /**
     * Samples a window of labels by nearest px; 0 outside them.
     *
     * @param labels row by row
     * @param columnsOfLabels width of the labels, px
     */
    public static int[] nearest(
            int[] labels,
            int columnsOfLabels,
            double left,
            double top,
            double stepX,
            double stepY,
            int width,
            int height) {
        int[] columns = places(left, stepX, width, columnsOfLabels);
        int[] rows = places(top, stepY, height, labels.length / columnsOfLabels);
        int[] window = new int[width * height];
        for (int y = 0, at = 0; y < height; y++) {
            int row = rows[y] * columnsOfLabels;
            for (int x = 0; x < width; x++, at++) {
                window[at] = row >= 0 && columns[x] >= 0 ? labels[row + columns[x]] : 0;
            }
        }
        return window;
    }

    /** The px in which each sample's centre lies, -1 outside. */
    private static int[] places(double start, double step, int count, int size) {
        int[] places = new int[count];
        for (int i = 0; i < count; i++) {
            double place = Math.floor(start + (i + 0.5) * step);
            places[i] = place >= 0.0 && place < size ? (int) place : -1;
        }
        return places;
    }

    /** Moves an image left by {@code x} and up by {@code y} px, the gap filled with a value 0-255. */
    public static Rgb shifted(Rgb image, int x, int y, int fill) {
        Rgb moved = new Rgb(image.width, image.height);
        Arrays.fill(moved.data, (byte) fill);
        copyShifted(image.data, moved.data, 3, image.width, image.height, x, y);
        return moved;
    }

    /** Moves a mask left by {@code x} and up by {@code y} px, the gap left out. */
    public static Mask shifted(Mask mask, int x, int y) {
        boolean[] moved = new boolean[mask.data.length];
        copyShifted(mask.data, moved, 1, mask.width, mask.height, x, y);
        return new Mask(mask.width, mask.height, moved);
    }

    private static void copyShifted(Object from, Object to, int channels, int width, int height, int x, int y) {
        int count = width - Math.abs(x);
        if (count <= 0) {
            return;
        }
        for (int row = Math.max(0, -y); row < height - Math.max(0, y); row++) {
            int source = (row + y) * width + Math.max(0, x);
            int target = row * width + Math.max(0, -x);
            System.arraycopy(from, channels * source, to, channels * target, channels * count);
        }
    }
}
