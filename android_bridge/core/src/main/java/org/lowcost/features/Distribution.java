package org.lowcost.features;

import java.math.BigInteger;
import org.lowcost.raster.Mask;

/** The values of one region as a histogram: every statistic is a short sum over 256 counts. */
final class Distribution {
    final long n;
    final long total;
    final double mean;

    private final int[] counts;
    private final long squares;
    private final long cubes;

    /** @param counts how often each of 256 values occurs; where all are 0 every statistic is 0 */
    Distribution(int[] counts) {
        this.counts = counts;
        long number = 0;
        long first = 0;
        long second = 0;
        long third = 0;
        for (int level = 0; level < counts.length; level++) {
            long count = counts[level];
            number += count;
            first += count * level;
            second += count * level * level;
            third += count * level * level * level;
        }
        n = number;
        total = first;
        squares = second;
        cubes = third;
        mean = ratio(total, n);
    }

    /** Counts the values of an image in a region. */
    static Distribution of(Grey grey, Mask mask) {
        int[] counts = new int[256];
        for (int i = 0; i < mask.data.length; i++) {
            if (mask.data[i]) {
                counts[grey.at(i)]++;
            }
        }
        return new Distribution(counts);
    }

    /** Returns part / whole, and 0 where the whole is 0. */
    static double ratio(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }

    /** Returns the sum of an image's values in a region. */
    static long total(Grey grey, Mask mask) {
        long total = 0;
        for (int i = 0; i < mask.data.length; i++) {
            total += mask.data[i] ? grey.at(i) : 0;
        }
        return total;
    }

    /** Returns the mean of an image's values in a region; 0 where it is empty. */
    static double mean(Grey grey, Mask mask) {
        return ratio(total(grey, mask), mask.count());
    }

    /** Returns the mean of some values. */
    static double mean(double[] values) {
        double total = 0;
        for (double value : values) {
            total += value;
        }
        return total / values.length;
    }

    /** Returns standard deviation over mean of some values, added one by one; 0 where the mean is 0. */
    static double variation(double[] values) {
        double middle = mean(values);
        double squares = 0;
        for (double value : values) {
            squares += (value - middle) * (value - middle);
        }
        return ratio(Math.sqrt(squares / values.length), middle);
    }

    /** Returns the distribution that the values have once a table of 256 entries has replaced them. */
    Distribution through(int[] table) {
        int[] replaced = new int[256];
        for (int level = 0; level < counts.length; level++) {
            replaced[table[level]] += counts[level];
        }
        return new Distribution(replaced);
    }

    /** Returns the distribution of two regions that share no pixel. */
    Distribution plus(Distribution other) {
        int[] sums = new int[256];
        for (int level = 0; level < sums.length; level++) {
            sums[level] = counts[level] + other.counts[level];
        }
        return new Distribution(sums);
    }

    /** The lowest value; 256 where there is none. */
    int lowest() {
        int level = 0;
        while (level < counts.length && counts[level] == 0) {
            level++;
        }
        return level;
    }

    /** Variance times the square of the number of values. */
    private long spread() {
        return n * squares - total * total;
    }

    /** Standard deviation. */
    double deviation() {
        return ratio(Math.sqrt(spread()), n);
    }

    /** Standard deviation over mean. */
    double variation() {
        return ratio(deviation(), mean);
    }

    /** Third standardised moment; 0 for a constant region. */
    double skewness() {
        // In whole numbers to the end, so that what is symmetric comes to nothing.
        BigInteger one = BigInteger.valueOf(n).multiply(BigInteger.valueOf(n * cubes - 3 * total * squares));
        BigInteger other = BigInteger.valueOf(total).pow(3).shiftLeft(1);
        return ratio(one.add(other).doubleValue(), spread() * Math.sqrt(spread()));
    }

    /** Returns the smallest value that at least {@code percent} of the values do not exceed. */
    int percentile(int percent) {
        long covered = 0;
        int level = 0;
        while (level < 256 && (covered += counts[level]) * 100 < percent * n) {
            level++;
        }
        return level;
    }

    /** Lower median. */
    int median() {
        return percentile(50);
    }

    /** Returns the share of values above a level of 0 or more. */
    double shareAbove(double level) {
        long above = 0;
        for (int i = (int) level + 1; i < counts.length; i++) {
            above += counts[i];
        }
        return ratio(above, n);
    }

    /** Returns the share of values below a level. */
    double shareBelow(double level) {
        long below = 0;
        for (int i = 0; i < Math.min(Math.ceil(level), counts.length); i++) {
            below += counts[i];
        }
        return ratio(below, n);
    }
}
