package org.lowcost.features;

import static org.lowcost.features.Table.px;

import org.lowcost.raster.Border;
import org.lowcost.raster.Element;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Morphology;

/** Filters of grey images whose reach is given in um: squares that reach so far to each side. */
final class Filters {
    private Filters() {}

    /** Returns a copy in which everything outside the mask has one value, so that filters see no edge there. */
    static Grey levelOutside(Grey grey, Mask mask, int level) {
        Grey levelled = Grey.full(grey.width, grey.height, level);
        for (int i = 0; i < mask.data.length; i++) {
            if (mask.data[i]) {
                levelled.data[i] = grey.data[i];
            }
        }
        return levelled;
    }

    /** Returns the image less its opening: how much a place is above everything around it that is wider. */
    static Grey topHat(Grey grey, double um) {
        return new Grey(grey.width, grey.height, Morphology.topHat(grey.data, grey.width, grey.height, square(um)));
    }

    /** Returns the closing less the image. */
    static Grey bottomHat(Grey grey, double um) {
        return new Grey(grey.width, grey.height, Morphology.bottomHat(grey.data, grey.width, grey.height, square(um)));
    }

    /** Returns the erosion of a region. */
    static Mask eroded(Mask mask, double um) {
        return new Mask(mask.width, mask.height, Morphology.erode(mask.data, mask.width, mask.height, square(um)));
    }

    /** Returns the mean, rounded to the nearest whole number, edges replicated. */
    static Grey smooth(Grey grey, double um) {
        int side = 2 * px(um) + 1;
        int area = side * side;
        int[] sums =
                org.lowcost.raster.Filters.boxSum(grey.data, grey.width, grey.height, side, Border.REPLICATE);
        byte[] means = new byte[sums.length];
        for (int i = 0; i < means.length; i++) {
            // The mean of an odd number of px never lies half way between two.
            means[i] = (byte) ((2 * sums[i] + area) / (2 * area));
        }
        return new Grey(grey.width, grey.height, means);
    }

    private static Element square(double um) {
        int side = 2 * px(um) + 1;
        return Element.rectangle(side, side);
    }
}
