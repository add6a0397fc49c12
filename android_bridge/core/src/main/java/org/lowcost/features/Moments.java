package org.lowcost.features;

import org.lowcost.raster.Mask;

/** Centroid and principal axes of a region. */
final class Moments {
    /** Centroid, px, at pixel centres. */
    final double x;

    final double y;

    /** Axes of the ellipse with the same second moments, px (full lengths). */
    final double major;

    final double minor;

    /** Central second moments per px, each pixel a unit square. */
    final double xx;

    final double yy;
    final double xy;

    /** @param mask a region that is not empty, its left top corner at {@code left} and {@code top} */
    Moments(Mask mask, int left, int top) {
        long n = 0;
        long sx = 0;
        long sy = 0;
        long sxx = 0;
        long syy = 0;
        long sxy = 0;
        for (int row = 0, i = 0; row < mask.height; row++) {
            long count = 0;
            long first = 0;
            long second = 0;
            for (int column = 0; column < mask.width; column++, i++) {
                if (mask.data[i]) {
                    count++;
                    first += column;
                    second += (long) column * column;
                }
            }
            n += count;
            sx += first;
            sy += count * row;
            sxx += second;
            syy += count * row * row;
            sxy += first * row;
        }
        double squared = (double) (n * n);
        // A unit square has variance 1/12.
        xx = (n * sxx - sx * sx) / squared + 1.0 / 12;
        yy = (n * syy - sy * sy) / squared + 1.0 / 12;
        xy = (n * sxy - sx * sy) / squared;
        double apart = xx - yy;
        double spread = Math.sqrt(apart * apart + 4 * xy * xy);
        x = left + sx / (double) n;
        y = top + sy / (double) n;
        major = 4 * Math.sqrt((xx + yy + spread) / 2);
        minor = 4 * Math.sqrt(Math.max((xx + yy - spread) / 2, 0));
    }
}
