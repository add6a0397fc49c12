package org.lowcost.image;

import java.util.Arrays;
import org.lowcost.Section;
import org.lowcost.raster.Components;
import org.lowcost.raster.Element;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Morphology;
import org.lowcost.raster.Rgb;

/**
 * The light of a photograph: its white point, how it falls off, and the round field of an eyepiece; {@code
 * lowcost.image.illumination}.
 */
public final class Illumination {
    /** Terms of the surface: 1, x, y, x², xy, y². */
    private static final int TERMS = 6;

    /** Levels of the histogram of relative brightness, in 1/256 of the surface. */
    private static final int LEVELS = 1024;

    /** Edge, in px, of the blocks over which the balancing gain is constant. */
    private static final int BLOCK = 8;

    /** Surface of each channel over u, v = -1 ... 1 across the width and height: 6 terms of 3 channels. */
    public final double[][] coefficients;

    /** Inside the round field of an eyepiece; full where there is none. */
    public final Mask mask;

    /** Empty background as a share of the field, 0-1. */
    public final double backgroundShare;

    /** Value of the background after balancing. */
    public final int white;

    Illumination(double[][] coefficients, Mask mask, double backgroundShare, int white) {
        this.coefficients = coefficients;
        this.mask = mask;
        this.backgroundShare = backgroundShare;
        this.white = white;
    }

    /** How the light is measured; the bundle's section {@code illumination}. */
    public static final class Parameters {
        final int white;
        final int samples;
        final int tiles;
        final double tileQuantile;
        final double trim;
        final double peakShare;
        final double peakFloor;
        final double band;
        final int rounds;
        final double ridge;
        final double surround;
        final double surroundArea;
        final double surroundMargin;

        /** Reads the parameters. */
        public Parameters(Section section) {
            white = section.integer("white");
            samples = section.integer("samples");
            tiles = section.integer("tiles");
            tileQuantile = section.number("tile_quantile");
            trim = section.number("trim");
            peakShare = section.number("peak_share");
            peakFloor = section.number("peak_floor");
            band = section.number("band");
            rounds = section.integer("rounds");
            ridge = section.number("ridge");
            surround = section.number("surround");
            surroundArea = section.number("surround_area");
            surroundMargin = section.number("surround_margin");
            section.finish();
        }
    }

    /** Red, green and blue of the background at the centre, 0-255. */
    public int[] whitePoint() {
        return whiteAt(0.5, 0.5);
    }

    /**
     * Red, green and blue of the background at a place.
     *
     * @param x share of the image's width, 0-1; beyond the edge the edge's value holds
     * @param y share of the image's height
     */
    public int[] whiteAt(double x, double y) {
        double u = Math.min(Math.max(2.0 * x - 1.0, -1.0), 1.0);
        double v = Math.min(Math.max(2.0 * y - 1.0, -1.0), 1.0);
        return new int[] {level(0, u, v), level(1, u, v), level(2, u, v)};
    }

    /** White of a channel as an integer 1-255. */
    private int level(int channel, double u, double v) {
        double[][] surface = coefficients;
        double value = surface[0][channel] + u * surface[1][channel] + v * surface[2][channel];
        value = value + u * u * surface[3][channel] + u * v * surface[4][channel] + v * v * surface[5][channel];
        return (int) Math.min(Math.max(Math.floor(value + 0.5), 1.0), 255.0);
    }

    /** Factor that brings {@code level} to white, in 1/65536, rounded up so that the shifted product rounds half up. */
    private int gain(int level) {
        return ((white << 16) + level - 1) / level;
    }

    /** A value times a gain, at most 255; the product fills 32 bits without a sign. */
    private static byte balanced(int value, int gain) {
        return (byte) Math.min(value * gain + (1 << 15) >>> 16, 255);
    }

    /** Brings the background of the whole image, in any resolution, to white. */
    public Rgb balance(Rgb image) {
        Rgb result = new Rgb(image.width, image.height);
        byte[] from = image.data;
        byte[] to = result.data;
        int blocks = (image.width + BLOCK - 1) / BLOCK;
        int[] gains = new int[3 * blocks];
        for (int top = 0; top < image.height; top += BLOCK) {
            double v = centre(top, image.height);
            for (int block = 0; block < blocks; block++) {
                double u = centre(block * BLOCK, image.width);
                for (int channel = 0; channel < 3; channel++) {
                    gains[3 * block + channel] = gain(level(channel, u, v));
                }
            }
            for (int y = top; y < Math.min(top + BLOCK, image.height); y++) {
                int i = 3 * y * image.width;
                int end = i + 3 * image.width;
                for (int block = 0; block < blocks; block++) {
                    int red = gains[3 * block];
                    int green = gains[3 * block + 1];
                    int blue = gains[3 * block + 2];
                    for (int stop = Math.min(i + 3 * BLOCK, end); i < stop; i += 3) {
                        to[i] = balanced(from[i] & 0xff, red);
                        to[i + 1] = balanced(from[i + 1] & 0xff, green);
                        to[i + 2] = balanced(from[i + 2] & 0xff, blue);
                    }
                }
            }
        }
        return result;
    }

    /** Centre of the block that begins at a px of an axis, as -1 ... 1. */
    private static double centre(int start, int size) {
        return (start + BLOCK / 2) * (2.0 / size) - 1.0;
    }

    /**
     * Brings the background of a small view to white, with the white of its centre.
     *
     * @param view part of the photograph
     * @param x its centre as a share of the photograph's width, 0-1
     * @param y its centre as a share of the photograph's height
     */
    public Rgb balanceView(Rgb view, double x, double y) {
        int[] level = whiteAt(x, y);
        byte[][] table = new byte[3][256];
        for (int channel = 0; channel < 3; channel++) {
            int gain = gain(level[channel]);
            for (int value = 0; value < 256; value++) {
                table[channel][value] = balanced(value, gain);
            }
        }
        Rgb result = new Rgb(view.width, view.height);
        for (int i = 0; i < view.data.length; i += 3) {
            result.data[i] = table[0][view.data[i] & 0xff];
            result.data[i + 1] = table[1][view.data[i + 1] & 0xff];
            result.data[i + 2] = table[2][view.data[i + 2] & 0xff];
        }
        return result;
    }

    /**
     * Measures the light of a photograph on its empty background.
     *
     * @param image the photograph, best shrunk to a megapixel
     * @param parameters how to measure
     * @param flatField how the light falls off, as {@link #coefficients} over their first row, where that is known of
     *     the device: then only its level is measured; else null
     */
    public static Illumination measure(Rgb image, Parameters parameters, double[][] flatField) {
        int height = image.height;
        int width = image.width;
        int root = (int) Math.sqrt((double) height * width / parameters.samples);
        int step = Math.max(1, Math.min(root, Math.min(height, width)));
        Rgb thumb = Resample.blockMean(image, step);
        boolean[] inside = roundField(thumb, parameters);
        Samples samples = new Samples(thumb, inside);
        double[][] surface;
        if (flatField == null) {
            surface = samples.firstGuess(parameters);
        } else {
            surface = new double[TERMS][3];
            for (int term = 0; term < TERMS; term++) {
                for (int channel = 0; channel < 3; channel++) {
                    surface[term][channel] = flatField[term][channel] * (double) parameters.white;
                }
            }
        }
        boolean[] background = new boolean[samples.count];
        for (int round = 0; round < parameters.rounds; round++) {
            double[][] white = samples.evaluate(surface);
            background = samples.background(white, parameters);
            if (flatField == null) {
                surface = samples.fit(background, parameters.ridge * samples.count);
            } else {
                double[] level = samples.level(background, white);
                double[][] levelled = new double[TERMS][3];
                for (int term = 0; term < TERMS; term++) {
                    for (int channel = 0; channel < 3; channel++) {
                        levelled[term][channel] = surface[term][channel] * level[channel];
                    }
                }
                surface = levelled;
            }
        }
        Mask mask = samples.count == inside.length
                ? Mask.full(width, height)
                : enlarged(inside, thumb.width, thumb.height, step, width, height);
        double share = (double) new Mask(samples.count, 1, background).count() / samples.count;
        return new Illumination(surface, mask, share, parameters.white);
    }

    /** A mask of a thumb at the size of the image, its edges continued. */
    private static Mask enlarged(boolean[] inside, int columns, int rows, int step, int width, int height) {
        boolean[] mask = new boolean[width * height];
        for (int y = 0, i = 0; y < height; y++) {
            int row = Math.min(y / step, rows - 1) * columns;
            for (int x = 0; x < width; x++, i++) {
                mask[i] = inside[row + Math.min(x / step, columns - 1)];
            }
        }
        return new Mask(width, height, mask);
    }

    /** Where the thumb shows the field and not the dark surround of an eyepiece. */
    private static boolean[] roundField(Rgb thumb, Parameters parameters) {
        int width = thumb.width;
        int height = thumb.height;
        int[] brightest = new int[width * height];
        int[] counts = new int[256];
        byte[] data = thumb.data;
        for (int i = 0, at = 0; i < brightest.length; i++, at += 3) {
            brightest[i] = Math.max(Math.max(data[at] & 0xff, data[at + 1] & 0xff), data[at + 2] & 0xff);
            counts[brightest[i]]++;
        }
        int white = 0;
        for (int below = counts[0]; below < 0.9 * brightest.length; below += counts[white]) {
            white++;
        }
        boolean[] dark = new boolean[brightest.length];
        for (int i = 0; i < dark.length; i++) {
            dark[i] = brightest[i] < parameters.surround * white;
        }
        boolean[] everywhere = new boolean[dark.length];
        Arrays.fill(everywhere, true);
        Components parts = Components.of(dark, width, height, 4);
        boolean[] surround = new boolean[parts.count + 1];
        int[] areas = parts.areas();
        int[] boxes = parts.boxes();
        for (int label = 1, at = 0; label <= parts.count; label++, at += 4) {
            boolean atEdge =
                    boxes[at] == 0 || boxes[at + 1] == 0 || boxes[at + 2] == width || boxes[at + 3] == height;
            surround[label] = atEdge && areas[label] >= parameters.surroundArea * dark.length;
        }
        // A round field leaves the image's corners dark first, and be it only a little of one.
        int last = dark.length - 1;
        for (int corner : new int[] {0, width - 1, last - (width - 1), last}) {
            surround[parts.labels[corner]] = true;
        }
        surround[0] = false;
        boolean[] grown = new boolean[dark.length];
        boolean any = false;
        for (int i = 0; i < grown.length; i++) {
            grown[i] = surround[parts.labels[i]];
            any |= grown[i];
        }
        if (!any) {
            return everywhere;
        }
        int reach = 2 * (int) (parameters.surroundMargin * Math.max(height, width) + 0.5) + 1;
        grown = Morphology.dilate(grown, width, height, Element.rectangle(reach, reach));
        boolean[] inside = new boolean[grown.length];
        boolean some = false;
        for (int i = 0; i < inside.length; i++) {
            inside[i] = !grown[i];
            some |= inside[i];
        }
        return some ? inside : everywhere;
    }

    /** The pixels of a thumb that lie inside the field. */
    private static final class Samples {
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
        double[][] firstGuess(Parameters parameters) {
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
        boolean[] background(double[][] white, Parameters parameters) {
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
        private int brightestPeak(int[] counts, int half, Parameters parameters) {
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
}
