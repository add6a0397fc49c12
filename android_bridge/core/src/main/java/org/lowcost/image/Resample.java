package org.lowcost.image;

import java.util.Arrays;
import org.lowcost.raster.Rgb;

/**
 * Resampling in integers: the coarse image in which cells are searched, and the fixed-um views where they are judged;
 * {@code lowcost.image.resample}.
 */
public final class Resample {
    /** Weights of one axis are integers that sum to {@code 1 << WEIGHT_BITS}. */
    private static final int WEIGHT_BITS = 7;

    private Resample() {}

    /**
     * Shrinks an image by an integer factor, each block represented by the mean of four of its pixels, rounded half up.
     *
     * @param image the image
     * @param factor edge of a block in px, 1 or more; rows and columns that fill no whole block are left out
     * @return the shrunk image; {@code image} itself where the factor is 1
     */
    public static Rgb blockMean(Rgb image, int factor) {
        return factor == 1 ? image : blockMean(image, 0, 0, image.width, image.height, factor);
    }

    /**
     * Shrinks a window of an image.
     *
     * @param image the image
     * @param left of the window, px
     * @param top of the window, px
     * @param columns width of the window, px
     * @param rows height of the window, px
     * @param factor edge of a block in px, 1 or more
     */
    public static Rgb blockMean(Rgb image, int left, int top, int columns, int rows, int factor) {
        int width = columns / factor;
        int height = rows / factor;
        int near = factor / 4;
        int far = factor - 1 - factor / 4;
        Rgb mean = new Rgb(width, height);
        byte[] from = image.data;
        byte[] to = mean.data;
        int stride = 3 * image.width;
        int step = 3 * factor;
        int apart = 3 * (far - near);
        int at = 0;
        for (int y = 0; y < height; y++) {
            int a = (top + y * factor + near) * stride + 3 * (left + near);
            int b = a + (far - near) * stride;
            for (int x = 0; x < width; x++, a += step, b += step) {
                for (int channel = 0; channel < 3; channel++) {
                    int p = a + channel;
                    int q = b + channel;
                    int sum = (from[p] & 0xff) + (from[p + apart] & 0xff) + (from[q] & 0xff) + (from[q + apart] & 0xff);
                    to[at++] = (byte) (sum + 2 >> 2);
                }
            }
        }
        return mean;
    }

    /**
     * Samples a window of an image on a grid of any spacing: the mean over a sample's own area where the grid is
     * coarser than the image, linear interpolation where it is finer.
     *
     * @param image the image
     * @param left outer edge of the window, px of the image; may lie outside it
     * @param top outer edge of the window
     * @param stepX edge of a sample along x, px of the image
     * @param stepY edge of a sample along y
     * @param width number of samples along x
     * @param height number of samples along y
     * @param fill value of samples whose centre lies outside the image, 0-255
     */
    public static Rgb sample(
            Rgb image, double left, double top, double stepX, double stepY, int width, int height, int fill) {
        return new Rgb(width, height, sample(image, 0, 3, left, top, stepX, stepY, width, height, fill));
    }

    /** Samples one channel (0 red, 1 green, 2 blue) as {@link #sample(Rgb, double, double, double, double, int, int, int)}. */
    public static byte[] sampleChannel(
            Rgb image,
            int channel,
            double left,
            double top,
            double stepX,
            double stepY,
            int width,
            int height,
            int fill) {
        return sample(image, channel, 1, left, top, stepX, stepY, width, height, fill);
    }

    private static byte[] sample(
            Rgb image,
            int channel,
            int channels,
            double left,
            double top,
            double stepX,
            double stepY,
            int width,
            int height,
            int fill) {
        Taps columns = new Taps(left, stepX, width, image.width);
        Taps rows = new Taps(top, stepY, height, image.height);
        int firstColumn = columns.lowest();
        int window = columns.highest() - firstColumn + 1;
        int[] sums = new int[window * channels];
        byte[] result = new byte[width * height * channels];
        byte[] data = image.data;
        for (int y = 0, at = 0; y < height; y++, at += width * channels) {
            Arrays.fill(result, at, at + width * channels, (byte) fill);
            if (!rows.inside[y]) {
                continue;
            }
            Arrays.fill(sums, 0);
            for (int tap = y * rows.taps; tap < (y + 1) * rows.taps; tap++) {
                if (rows.weight[tap] != 0) {
                    int from = 3 * (rows.index[tap] * image.width + firstColumn) + channel;
                    addRow(data, from, channels == 3 ? 1 : 3, rows.weight[tap], sums);
                }
            }
            if (channels == 3) {
                weighColours(sums, columns, firstColumn, result, at);
            } else {
                weigh(sums, columns, firstColumn, result, at);
            }
        }
        return result;
    }

    /** Adds to each sum a value of a row times a weight; every third value, or every one. */
    private static void addRow(byte[] data, int from, int step, int weight, int[] sums) {
        if (step == 1) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += weight * (data[from + i] & 0xff);
            }
        } else {
            for (int i = 0, at = from; i < sums.length; i++, at += 3) {
                sums[i] += weight * (data[at] & 0xff);
            }
        }
    }

    /** Weighs sums of one channel along a row into those samples that lie inside. */
    private static void weigh(int[] sums, Taps columns, int firstColumn, byte[] result, int at) {
        for (int x = 0, tap = 0; x < columns.inside.length; x++) {
            int total = 1 << 2 * WEIGHT_BITS - 1;
            for (int end = tap + columns.taps; tap < end; tap++) {
                total += columns.weight[tap] * sums[columns.index[tap] - firstColumn];
            }
            if (columns.inside[x]) {
                result[at + x] = (byte) (total >> 2 * WEIGHT_BITS);
            }
        }
    }

    /** The same of three channels. */
    private static void weighColours(int[] sums, Taps columns, int firstColumn, byte[] result, int at) {
        int[] index = columns.index;
        int[] weights = columns.weight;
        for (int x = 0, tap = 0, to = at; x < columns.inside.length; x++, to += 3) {
            int red = 1 << 2 * WEIGHT_BITS - 1;
            int green = red;
            int blue = red;
            for (int end = tap + columns.taps; tap < end; tap++) {
                int weight = weights[tap];
                int from = 3 * (index[tap] - firstColumn);
                red += weight * sums[from];
                green += weight * sums[from + 1];
                blue += weight * sums[from + 2];
            }
            if (columns.inside[x]) {
                result[to] = (byte) (red >> 2 * WEIGHT_BITS);
                result[to + 1] = (byte) (green >> 2 * WEIGHT_BITS);
                result[to + 2] = (byte) (blue >> 2 * WEIGHT_BITS);
            }
        }
    }

    /** Source indices and integer weights of the samples along one axis, and which sample centres lie inside it. */
    private static final class Taps {
        final int taps;
        final int[] index;
        final int[] weight;
        final boolean[] inside;

        Taps(double start, double step, int count, int size) {
            // A sample is a box one step wide; a step below one px is widened to a px: linear interpolation.
            double reach = Math.max(step, 1.0) * 0.5;
            taps = (int) Math.ceil(2.0 * reach) + 1;
            index = new int[count * taps];
            weight = new int[count * taps];
            inside = new boolean[count];
            for (int i = 0, at = 0; i < count; i++) {
                double centre = start + step * (i + 0.5);
                double low = centre - reach;
                double high = centre + reach;
                double first = Math.floor(low);
                double covered = 0.0;
                int before = 0;
                for (int tap = 0; tap < taps; tap++, at++) {
                    double place = first + tap;
                    double overlap = Math.min(place + 1.0, high) - Math.max(place, low);
                    covered += Math.max(overlap, 0.0) / (2.0 * reach);
                    // Rounding the running sum, not each weight, keeps the total exact.
                    int edge = tap == taps - 1
                            ? 1 << WEIGHT_BITS
                            : (int) Math.floor(covered * (1 << WEIGHT_BITS) + 0.5);
                    weight[at] = edge - before;
                    before = edge;
                    index[at] = (int) Math.min(Math.max(place, 0.0), size - 1.0);
                }
                inside[i] = centre >= 0.0 && centre < size;
            }
        }

        int lowest() {
            int lowest = index[0];
            for (int value : index) {
                lowest = Math.min(lowest, value);
            }
            return lowest;
        }

        int highest() {
            int highest = index[0];
            for (int value : index) {
                highest = Math.max(highest, value);
            }
            return highest;
        }
    }
}
