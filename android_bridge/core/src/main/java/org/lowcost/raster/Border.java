package org.lowcost.raster;

/** What a filter sees beyond the edge of an image. */
public enum Border {
    /** Zeros. */
    CONSTANT,

    /** The pixel at the edge: {@code aaa|abc|ccc}. */
    REPLICATE,

    /** The image mirrored at its outermost pixels: {@code cb|abc|ba}. */
    REFLECT_101;

    /**
     * The index within an axis that stands for one outside it.
     *
     * @param index any index
     * @param size length of the axis, 1 or more
     * @return 0 to {@code size - 1}, or -1 for a zero
     */
    public int inside(int index, int size) {
        if (index >= 0 && index < size) {
            return index;
        }
        if (this == CONSTANT) {
            return -1;
        }
        if (this == REPLICATE || size == 1) {
            return index < 0 ? 0 : size - 1;
        }
        int mirrored = index;
        while (mirrored < 0 || mirrored >= size) {
            mirrored = mirrored < 0 ? -mirrored : 2 * (size - 1) - mirrored;
        }
        return mirrored;
    }
}
