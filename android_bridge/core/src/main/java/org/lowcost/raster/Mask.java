package org.lowcost.raster;

import java.util.Arrays;

/** A set of the pixels of an image. */
public final class Mask {
    /** Size, px. */
    public final int width;

    /** Size, px. */
    public final int height;

    /** {@code width * height} values, row by row; shared, never written to by its readers. */
    public final boolean[] data;

    /** Wraps values without copying them. */
    public Mask(int width, int height, boolean[] data) {
        if (data.length != (long) width * height) {
            throw new IllegalArgumentException(data.length + " values for " + width + " x " + height + " pixels");
        }
        this.width = width;
        this.height = height;
        this.data = data;
    }

    /** Every pixel of an image. */
    public static Mask full(int width, int height) {
        boolean[] data = new boolean[width * height];
        Arrays.fill(data, true);
        return new Mask(width, height, data);
    }

    /** Number of pixels in the set. */
    public int count() {
        int count = 0;
        for (boolean value : data) {
            count += value ? 1 : 0;
        }
        return count;
    }
}
