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
            double white = parameters.white;
            surface = scaled(flatField, new double[] {white, white, white});
        }
        boolean[] background = new boolean[samples.count];
        for (int round = 0; round < parameters.rounds; round++) {
            double[][] white = samples.evaluate(surface);
            background = samples.background(white, parameters);
            if (flatField == null) {
                surface = samples.fit(background, parameters.ridge * samples.count);
            } else {
                surface = scaled(surface, samples.level(background, white));
            }
        }
        Mask mask = samples.count == inside.length
                ? Mask.full(width, height)
                : enlarged(inside, thumb.width, thumb.height, step, width, height);
        double share = (double) new Mask(samples.count, 1, background).count() / samples.count;
        return new Illumination(surface, mask, share, parameters.white);
    }

    /** A surface whose channels are multiplied by a factor each. */
    private static double[][] scaled(double[][] surface, double[] factors) {
        double[][] scaled = new double[surface.length][3];
        for (int term = 0; term < surface.length; term++) {
            for (int channel = 0; channel < 3; channel++) {
                scaled[term][channel] = surface[term][channel] * factors[channel];
            }
        }
        return scaled;
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
}
