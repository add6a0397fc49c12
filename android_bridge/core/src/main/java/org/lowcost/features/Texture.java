package org.lowcost.features;

import static org.lowcost.features.Distribution.mean;
import static org.lowcost.features.Distribution.ratio;
import static org.lowcost.features.Distribution.total;

import org.lowcost.raster.Element;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Morphology;

/** Texture of a region: co-occurrence, local binary patterns and granulometry, all of it counted in integers. */
final class Texture {
    /** Grey levels of a co-occurrence matrix; level 8 begins at the region's mean. */
    static final int LEVELS = 16;

    /** The measures of {@link #haralick}, in order. */
    static final String[] HARALICK = {"contrast", "homogeneity", "energy", "entropy", "correlation"};

    /** Number of rotation-invariant uniform patterns, the tenth being all that are not uniform. */
    static final int PATTERNS = 10;

    private static final int[] CIRCLE_Y = {0, 1, 1, 1, 0, -1, -1, -1};
    private static final int[] CIRCLE_X = {1, 1, 0, -1, -1, -1, 0, 1};
    private static final int[] PATTERN = new int[256];

    static {
        for (int code = 0; code < PATTERN.length; code++) {
            int changes = Integer.bitCount(code ^ (code >> 1 | (code & 1) << 7));
            PATTERN[code] = changes <= 2 ? Integer.bitCount(code) : 9;
        }
    }

    private Texture() {}

    /** Returns grey levels in eighths of the region's mean, so that a darker camera changes nothing. */
    static Grey relativeLevels(Grey grey, Mask mask) {
        long eighths = LEVELS / 2 * mask.count();
        long total = Math.max(total(grey, mask), 1);
        byte[] steps = new byte[256];
        for (int value = 0; value < steps.length; value++) {
            steps[value] = (byte) Math.min(value * eighths / total, LEVELS - 1);
        }
        byte[] levels = new byte[grey.data.length];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = steps[grey.at(i)];
        }
        return new Grey(grey.width, grey.height, levels);
    }

    /**
     * Counts pairs of grey levels at a distance, along rows, columns and both diagonals, both ways round (Haralick 1973,
     * doi:10.1109/TSMC.1973.4309314).
     *
     * @param levels from 0 to {@code LEVELS - 1}
     * @param mask only pairs with both px inside count
     * @param distance step along x, y or both, px
     * @return symmetric counts, row by row
     */
    static int[] cooccurrence(Grey levels, Mask mask, int distance) {
        int[] counted = new int[LEVELS * LEVELS];
        count(levels, mask, distance, 0, counted);
        count(levels, mask, 0, distance, counted);
        count(levels, mask, distance, distance, counted);
        count(levels, mask, -distance, distance, counted);
        int[] counts = new int[counted.length];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = counted[i] + counted[i % LEVELS * LEVELS + i / LEVELS];
        }
        return counts;
    }

    private static void count(Grey levels, Mask mask, int right, int down, int[] counted) {
        int width = levels.width;
        int shift = down * width + right;
        for (int y = 0; y < levels.height - down; y++) {
            int end = y * width + Math.min(width, width - right);
            for (int i = y * width + Math.max(0, -right); i < end; i++) {
                if (mask.data[i] && mask.data[i + shift]) {
                    counted[levels.data[i] * LEVELS + levels.data[i + shift]]++;
                }
            }
        }
    }

    /**
     * Returns contrast, homogeneity, energy, entropy and correlation of a co-occurrence matrix; all 0 where it is empty.
     *
     * <p>Homogeneity is the inverse difference moment, energy the root of the angular second moment, and the correlation
     * of a constant region is 1.
     */
    static double[] haralick(int[] counts) {
        long total = 0;
        long apart = 0;
        long first = 0;
        long squares = 0;
        long products = 0;
        double near = 0;
        for (int i = 0; i < LEVELS; i++) {
            for (int j = 0; j < LEVELS; j++) {
                long pairs = counts[i * LEVELS + j];
                int squared = (i - j) * (i - j);
                total += pairs;
                apart += pairs * squared;
                near += pairs * (1.0 / (1 + squared));
                first += pairs * i;
                squares += pairs * i * i;
                products += pairs * i * j;
            }
        }
        double[] found = new double[HARALICK.length];
        if (total == 0) {
            return found;
        }
        double energy = 0;
        double entropy = 0;
        for (int pairs : counts) {
            if (pairs > 0) {
                double share = pairs / (double) total;
                energy += share * share;
                entropy -= share * Math.log(share);
            }
        }
        double level = first / (double) total;
        double variance = squares / (double) total - level * level;
        double covariance = products / (double) total - level * level;
        found[0] = apart / (double) total;
        found[1] = near / total;
        found[2] = Math.sqrt(energy);
        found[3] = entropy;
        found[4] = variance > 1e-12 ? covariance / variance : 1;
        return found;
    }

    /**
     * Returns the share of each rotation-invariant uniform pattern of eight neighbours; all 0 where no pixel has all its
     * neighbours in the region.
     *
     * <p>A pixel's neighbours, {@code distance} px away along rows, columns and diagonals, count as set where they are at
     * least as dense as it is. Patterns with at most two changes around the circle go by their number of set neighbours
     * (0-8), the others together are the tenth (Ojala 2002, doi:10.1109/TPAMI.2002.1017623).
     */
    static double[] binaryPatterns(Grey grey, Mask mask, int distance) {
        int width = grey.width;
        int side = 2 * distance + 1;
        boolean[] whole = Morphology.erode(mask.data, width, grey.height, Element.rectangle(side, side));
        int[] neighbours = new int[8];
        for (int bit = 0; bit < 8; bit++) {
            neighbours[bit] = distance * (CIRCLE_Y[bit] * width + CIRCLE_X[bit]);
        }
        int n = 0;
        int[] counts = new int[PATTERNS];
        for (int y = distance; y < grey.height - distance; y++) {
            for (int i = y * width + distance; i < (y + 1) * width - distance; i++) {
                if (!whole[i]) {
                    continue;
                }
                int centre = grey.at(i);
                int code = 0;
                for (int bit = 0; bit < 8; bit++) {
                    code |= grey.at(i + neighbours[bit]) >= centre ? 1 << bit : 0;
                }
                counts[PATTERN[code]]++;
                n++;
            }
        }
        double[] shares = new double[PATTERNS];
        for (int i = 0; i < PATTERNS; i++) {
            shares[i] = ratio(counts[i], n);
        }
        return shares;
    }

    /** Returns the mean of a top-hat or bottom-hat in a region over the region's mean density. */
    static double relief(Grey hat, Mask mask, double density) {
        return ratio(mean(hat, mask), density);
    }
}
