package org.lowcost.segmentation;

/** Otsu's criterion (1979, doi:10.1109/TSMC.1979.4310076): the two classes that part a histogram best. */
final class Otsu {
    /** Means of the lower and of the upper class; 0 for a class without values. */
    final double low;

    final double high;

    /** Share of the variance of all values that lies between the classes, 0-1; 0 where all values are the same. */
    final double explained;

    private Otsu(double low, double high, double explained) {
        this.low = low;
        this.high = high;
        this.explained = explained;
    }

    /**
     * The two classes of a histogram, computed from integer sums.
     *
     * @param counts number of values 0 to n - 1; n at least 2
     */
    static Otsu classes(int[] counts) {
        long number = 0;
        long total = 0;
        long square = 0;
        for (int value = 0; value < counts.length; value++) {
            number += counts[value];
            total += (long) counts[value] * value;
            square += (long) counts[value] * value * value;
        }
        long below = 0;
        long totalBelow = 0;
        double low = 0;
        double high = 0;
        double most = -1;
        for (int value = 0; value < counts.length - 1; value++) {
            below += counts[value];
            totalBelow += (long) counts[value] * value;
            double above = number - below;
            double meanBelow = totalBelow / Math.max((double) below, 1.0);
            double meanAbove = (total - totalBelow) / Math.max(above, 1.0);
            double gap = meanAbove - meanBelow;
            double between = (double) below * above * gap * gap;
            if (between > most) {
                most = between;
                low = meanBelow;
                high = meanAbove;
            }
        }
        // Both variances are times the squared number of values.
        double whole = (double) number * (double) square - (double) total * (double) total;
        return new Otsu(low, high, whole > 0.0 ? most / whole : 0.0);
    }
}
