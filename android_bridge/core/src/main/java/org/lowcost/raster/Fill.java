package org.lowcost.raster;

import java.util.Arrays;

/** Areas filled with pixels. */
public final class Fill {
    private Fill() {}

    /**
     * The pixels of an image whose centre lies in a convex polygon with whole-number corners, or on its edge.
     *
     * @param corners x and y of each corner in turn, px, at pixel edges, within the image
     * @param width of the image, px
     * @param height of the image, px
     */
    public static boolean[] convex(int[] corners, int width, int height) {
        int[] first = new int[height];
        int[] last = new int[height];
        Arrays.fill(first, Integer.MAX_VALUE);
        Arrays.fill(last, Integer.MIN_VALUE);
        int count = corners.length / 2;
        for (int i = 0; i < count; i++) {
            int next = (i + 1) % count;
            boolean down = corners[2 * i + 1] < corners[2 * next + 1];
            int upper = down ? i : next;
            int lower = down ? next : i;
            int top = corners[2 * upper + 1];
            int along = corners[2 * lower] - corners[2 * upper];
            int reach = corners[2 * lower + 1] - top;
            for (int y = top; y < top + reach; y++) {
                // Where the edge meets the row's middle, times 2 reach; less half a px it is on centres' own count.
                long crossing = 2L * corners[2 * upper] * reach + (2L * (y - top) + 1) * along - reach;
                first[y] = (int) Math.min(first[y], -Division.floor(-crossing, 2L * reach));
                last[y] = (int) Math.max(last[y], Division.floor(crossing, 2L * reach));
            }
        }
        boolean[] filled = new boolean[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = Math.max(0, first[y]); x <= Math.min(width - 1, last[y]); x++) {
                filled[y * width + x] = true;
            }
        }
        return filled;
    }

    /**
     * A mask with its holes filled: background whose parts (4 neighbours) do not reach the image's left top corner.
     *
     * @param mask row by row; its left top corner is empty
     * @param width of the mask, px
     * @param height of the mask, px
     */
    public static boolean[] holes(boolean[] mask, int width, int height) {
        boolean[] filled = new boolean[mask.length];
        for (int i = 0; i < mask.length; i++) {
            filled[i] = !mask[i];
        }
        Components background = Components.of(filled, width, height, 4);
        for (int i = 0; i < mask.length; i++) {
            filled[i] = background.labels[i] != background.labels[0];
        }
        return filled;
    }
}
