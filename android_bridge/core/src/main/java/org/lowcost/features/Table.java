package org.lowcost.features;

/** Scale and names of features; units and definitions of all of them are in {@code docs/features.md}. */
final class Table {
    /** Pixel size of the views on which features are defined, um. */
    static final double UM_PER_PX = 0.125;

    /** Area of a pixel, um2. */
    static final double UM2_PER_PX = UM_PER_PX * UM_PER_PX;

    /** Value of the empty background in a balanced view. */
    static final int WHITE = 240;

    private Table() {}

    /** Returns a length in whole px of the view, at least one. */
    static int px(double um) {
        return Math.max(1, (int) Math.rint(um / UM_PER_PX));
    }
}
