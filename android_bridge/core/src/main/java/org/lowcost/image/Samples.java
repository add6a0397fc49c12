package org.lowcost.image;

import java.util.Arrays;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Rgb;

/** The pixels of a shrunk photograph that lie inside its field, and the surfaces of white that are fitted to them. */
final class Samples {
    /** Terms of a surface: 1, x, y, x², xy, y². */
    private static final int TERMS = 6;

    /** Levels of the histogram of relative brightness, in 1/256 of the surface. */
    private static final int LEVELS = 1024;

    final int count;

    /** Size of the thumb, px. */
    private final int columns;

    private final int rows;

    /** What each term is divided by so that its coefficient is that over -1 ... 1. */
    private final double[] scale;

    /** Where each sample lies in the thumb. */
    private final int[] place;

    /** Odd integers that span -(n - 1) ... n - 1: exact coordinates whose sums of products stay integers. */
    private final double[] u;

    private final double[] v;

    /** Red, green and blue. */
    private final double[][] values;

    Samples(Rgb thumb, boolean[] inside) {
        columns = thumb.width;
        rows = thumb.height;
        count = new Mask(columns, rows, inside).count();
        double wide = columns;
        double high = rows;
        scale = new double[] {1.0, wide, high, wide * wide, wide * high, high * high};
        place = new int[count];
        u = new double[count];
        v = new double[count];
        values = new double[3][count];
        for (int i = 0, sample = 0; i < inside.length; i++) {
            if (inside[i]) {
                place[sample] = i;
                u[sample] = 2.0 * (i % columns) - (columns - 1);
                v[sample] = 2.0 * (i / columns) - (rows - 1);
                for (int channel = 0; channel < 3; channel++) {
                    values[channel][sample] = thumb.data[3 * i + channel] & 0xff;
                }
                sample++;
            }
        }
    }

    private double brightness(int sample) {
        return values[0][sample] + values[1][sample] + values[2][sample];
    }

    /** Surface through a bright sample of each tile, without the tiles that are filled with cells. */
    double[][] firstGuess(Illumination.Parameters parameters) {
        int tiles = parameters.tiles;
        int[] tile = new int[count];
        int most = 0;
        for (int i = 0; i < count; i++) {
            int row = place[i] / columns;
            int column = place[i] % columns;
            tile[i] = (int) ((long) row * tiles / rows * tiles + (long) column * tiles / columns);
            most = Math.max(most, tile[i]);
        }
        int[] counts = new int[most + 1];
        for (int one : tile) {
            counts[one]++;
        }
        int[] first = new int[most + 2];
        for (int i = 0; i <= most; i++) {
            first[i + 1] = first[i] + counts[i];
        }
        int[] order = byTile(tile, first);
        int[] chosen = new int[counts.length];
        int number = 0;
        for (int i = 0; i <= most; i++) {
            if (2L * counts[i] * counts.length >= count) {
                chosen[number++] = order[first[i] + (int) (parameters.tileQuantile * (counts[i] - 1))];
            }
        }
        double ridge = parameters.ridge * number;
        double[][] surface = fit(chosen, number, ridge);
        int[] kept = new int[number];
        for (int round = 0; round < parameters.rounds; round++) {
            double[][] white = evaluate(surface);
            int left = 0;
            for (int i = 0; i < number; i++) {
                int at = chosen[i];
                if (brightness(at) >= parameters.trim * (white[0][at] + white[1][at] + white[2][at])) {
                    kept[left++] = at;
                }
            }
            if (left > 0) {
                surface = fit(kept, left, ridge);
            }
        }
        return surface;
    }

    /** All samples by tile, those of a tile by brightness, equally bright ones in reading order. */
    private int[] byTile(int[] tile, int[] first) {
        int[] counts = new int[3 * 255 + 2];
        for (int i = 0; i < count; i++) {
            counts[(int) brightness(i) + 1]++;
        }
        for (int i = 1; i < counts.length; i++) {
            counts[i] += counts[i - 1];
        }
        int[] byBrightness = new int[count];
        for (int i = 0; i < count; i++) {
            byBrightness[counts[(int) brightness(i)]++] = i;
        }
        int[] next = first.clone();
        int[] order = new int[count];
        for (int i : byBrightness) {
            order[next[tile[i]]++] = i;
        }
        return order;
    }

    /** Which samples are empty background: those at the brightest frequent ratio to the surface. */
    boolean[] background(double[][] white, Illumination.Parameters parameters) {
        int[] ratio = new int[count];
        int[] counts = new int[LEVELS];
        for (int i = 0; i < count; i++) {
            ratio[i] = relative(brightness(i), white[0][i] + white[1][i] + white[2][i]);
            counts[ratio[i]]++;
        }
        int half = Math.max(1, (int) (parameters.band * 128.0));
        int peak = brightestPeak(counts, half, parameters);
        boolean[] near = new boolean[count];
        for (int i = 0; i < count; i++) {
            near[i] = Math.abs(ratio[i] - peak) <= half;
        }
        // Whatever colour the first guess had, background agrees with itself in every channel.
        for (int channel = 0; channel < 3; channel++) {
            Arrays.fill(counts, 0);
            int total = 0;
            for (int i = 0; i < count; i++) {
                if (near[i]) {
                    counts[relative(values[channel][i], white[channel][i])]++;
                    total++;
                }
            }
            int middle = 0;
            for (int below = counts[0]; below <= total / 2; below += counts[middle]) {
                middle++;
            }
            for (int i = 0; i < count; i++) {
                near[i] &= Math.abs(relative(values[channel][i], white[channel][i]) - middle) <= 2 * half;
            }
        }
        return near;
    }

    /** Least-squares surface of the samples in a set. */
    double[][] fit(boolean[] set, double ridge) {
        int[] chosen = new int[count];
        int number = 0;
        for (int i = 0; i < count; i++) {
            if (set[i]) {
                chosen[number++] = i;
            }
        }
        return fit(chosen, number, ridge);
    }

    /** The highest level around which samples are frequent, or that around which most are. */
    private int brightestPeak(int[] counts, int half, Illumination.Parameters parameters) {
        int[] boxed = new int[LEVELS];
        int most = 0;
        for (int level = 0; level < LEVELS; level++) {
            for (int i = Math.max(0, level - half); i <= Math.min(LEVELS - 1, level + half); i++) {
                boxed[level] += counts[i];
            }
            most = boxed[level] > boxed[most] ? level : most;
        }
        // The most frequent brightness of all is always a peak, unless it is too rare to count.
        double least = Math.max(parameters.peakShare * boxed[most], parameters.peakFloor * count);
        for (int level = LEVELS - 1; level >= 0; level--) {
            boolean highest = boxed[level] >= least;
            for (int i = Math.max(0, level - 2 * half);
                    highest && i <= Math.min(LEVELS - 1, level + 2 * half);
                    i++) {
                highest = boxed[i] <= boxed[level];
            }
            if (highest) {
                return level;
            }
        }
        return most;
    }

    /** Ratio of value to white in 1/256, rounded half up, below {@link #LEVELS}. */
    private static int relative(double value, double white) {
        return (int) Math.min(value * 256.0 / white + 0.5, LEVELS - 1.0);
    }

    /** Least-squares surface of the chosen samples: integer sums, then elimination in a fixed order of doubles. */
    private double[][] fit(int[] chosen, int number, double ridge) {
        double[][] system = new double[TERMS][TERMS + 3];
        double[] terms = new double[TERMS + 3];
        for (int at = 0; at < number; at++) {
            int sample = chosen[at];
            terms[0] = 1.0;
            terms[1] = u[sample];
            terms[2] = v[sample];
            terms[3] = u[sample] * u[sample];
            terms[4] = u[sample] * v[sample];
            terms[5] = v[sample] * v[sample];
            for (int channel = 0; channel < 3; channel++) {
                terms[TERMS + channel] = values[channel][sample];
            }
            for (int i = 0; i < TERMS; i++) {
                for (int j = 0; j < TERMS + 3; j++) {
                    system[i][j] += terms[i] * terms[j];
                }
            }
        }
        for (int i = 0; i < TERMS; i++) {
            for (int j = 0; j < TERMS; j++) {
                system[i][j] /= scale[i] * scale[j];
            }
            for (int channel = 0; channel < 3; channel++) {
                system[i][TERMS + channel] /= scale[i];
            }
        }
        for (int i = 1; i < TERMS; i++) {
            system[i][i] += ridge;
        }
        return solved(system);
    }

    private static double[][] solved(double[][] system) {
        for (int i = 0; i < TERMS; i++) {
            for (int j = i + 1; j < TERMS; j++) {
                double factor = system[j][i] / system[i][i];
                for (int k = i; k < TERMS + 3; k++) {
                    system[j][k] -= factor * system[i][k];
                }
            }
        }
        double[][] solution = new double[TERMS][3];
        for (int i = TERMS - 1; i >= 0; i--) {
            for (int channel = 0; channel < 3; channel++) {
                double rest = system[i][TERMS + channel];
                for (int j = i + 1; j < TERMS; j++) {
                    rest -= system[i][j] * solution[j][channel];
                }
                solution[i][channel] = rest / system[i][i];
            }
        }
        return solution;
    }

    /** Factors that bring a surface to the level of the values of the chosen samples: ratios of integer sums. */
    double[] level(boolean[] chosen, double[][] white) {
        double[] factors = new double[3];
        for (int channel = 0; channel < 3; channel++) {
            long levels = 0;
            long seen = 0;
            for (int i = 0; i < count; i++) {
                if (chosen[i]) {
                    levels += (long) (white[channel][i] * 256.0 + 0.5);
                    seen += (long) values[channel][i];
                }
            }
            factors[channel] = (double) (seen * 256) / Math.max(levels, 1);
        }
        return factors;
    }

    /** Values of a surface at every sample, 1-255, each the sum of its terms from first to last. */
    double[][] evaluate(double[][] surface) {
        double[][] result = new double[3][count];
        double[] weights = new double[TERMS];
        for (int channel = 0; channel < 3; channel++) {
            for (int term = 1; term < TERMS; term++) {
                weights[term] = surface[term][channel] / scale[term];
            }
            for (int i = 0; i < count; i++) {
                double value = surface[0][channel];
                value += u[i] * weights[1];
                value += v[i] * weights[2];
                value += u[i] * u[i] * weights[3];
                value += u[i] * v[i] * weights[4];
                value += v[i] * v[i] * weights[5];
                result[channel][i] = Math.min(Math.max(value, 1.0), 255.0);
            }
        }
        return result;
    }
}
