package org.lowcost.image;

import org.lowcost.raster.Border;
import org.lowcost.raster.Element;
import org.lowcost.raster.Filters;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Morphology;
import org.lowcost.raster.Rgb;

/**
 * Outlines of everything that absorbs light, to a fraction of a px: what the ruler and the focus are measured on; {@code
 * lowcost.image.outline}.
 */
public final class Outline {
    /** Levels of the histogram in which background, pale and dark are told apart. */
    private static final int LEVELS = 128;

    /** Within so many px of an edge nothing is traced. */
    private static final int MARGIN = 2;

    /** Where the darkness crosses the threshold, px (the first px reaches from 0 to 1), one for each point. */
    public final double[] x;

    /** Where the darkness crosses the threshold, px. */
    public final double[] y;

    /** Unit normal that points into the object. */
    public final double[] u;

    /** Unit normal that points into the object. */
    public final double[] v;

    /** Change of the darkness along the normal, per px. */
    public final double[] slope;

    /** Ratio of all widths to all heights of the outlines, by how often columns and rows cross them. */
    public final double widthOverHeight;

    private final int width;
    private final int height;

    private Outline(int points, int width, int height, double widthOverHeight) {
        x = new double[points];
        y = new double[points];
        u = new double[points];
        v = new double[points];
        slope = new double[points];
        this.width = width;
        this.height = height;
        this.widthOverHeight = widthOverHeight;
    }

    /** Indices of the px, row by row, that lie {@code depth} px inside the outline, or outside if negative. */
    public int[] towards(double depth) {
        int[] places = new int[x.length];
        for (int i = 0; i < places.length; i++) {
            int row = Math.min(Math.max((int) (y[i] + depth * v[i]), 0), height - 1);
            int column = Math.min(Math.max((int) (x[i] + depth * u[i]), 0), width - 1);
            places[i] = row * width + column;
        }
        return places;
    }

    /** How much darker than white (240) each pixel is: half the sum of the channels, unsigned bytes. */
    public static byte[] darkness(Rgb balanced) {
        byte[] dark = new byte[balanced.width * balanced.height];
        byte[] data = balanced.data;
        for (int i = 0, at = 0; i < dark.length; i++, at += 3) {
            dark[i] = (byte) darkness(data, at);
        }
        return dark;
    }

    /** The darkness of the pixel whose red lies at an index. */
    static int darkness(byte[] data, int at) {
        int total = (data[at] & 0xff) + (data[at + 1] & 0xff) + (data[at + 2] & 0xff);
        return Math.min(Math.max(720 - total >> 1, 0), 255);
    }

    /** Sums over 3 x 3 px of unsigned bytes: they quieten the noise and stay integers. */
    public static int[] sum3x3(byte[] values, int width, int height) {
        return Filters.boxSum(values, width, height, 3, Border.REPLICATE);
    }

    /**
     * Darkness that parts the background from the pale objects: Otsu's criterion with three classes, the lower of its
     * two thresholds.
     *
     * @param counts number of pixels of each darkness, 256
     * @return objects are darker than this
     */
    public static int paleThreshold(int[] counts) {
        double[] number = new double[LEVELS];
        double[] moment = new double[LEVELS];
        long summed = 0;
        long weighted = 0;
        for (int level = 0; level < LEVELS; level++) {
            int count = counts[2 * level] + counts[2 * level + 1];
            summed += count;
            weighted += (long) count * level;
            number[level] = summed;
            moment[level] = weighted;
        }
        double all = number[LEVELS - 1];
        double mass = moment[LEVELS - 1];
        int best = 0;
        double most = -1.0;
        for (int i = 0; i < LEVELS; i++) {
            double low = spread(number[i], moment[i]);
            for (int j = i + 1; j < LEVELS; j++) {
                double middle = spread(number[j] - number[i], moment[j] - moment[i]);
                double between = low + middle + spread(all - number[j], mass - moment[j]);
                if (between > most) {
                    most = between;
                    best = i;
                }
            }
        }
        return 2 * best + 1;
    }

    private static double spread(double number, double moment) {
        return moment * moment / Math.max(number, 1.0);
    }

    /**
     * Traces where the darkness crosses a threshold.
     *
     * @param dark darkness, row by row
     * @param threshold objects are darker than this
     * @param inside where to look; within 2 px of its edge and of the image's nothing is traced
     * @return one point for every px of the objects' rims, in reading order
     */
    public static Outline trace(int[] dark, int threshold, Mask inside) {
        int width = inside.width;
        int height = inside.height;
        boolean[] objects = new boolean[dark.length];
        for (int i = 0; i < dark.length; i++) {
            objects[i] = dark[i] > threshold;
        }
        boolean[] clear = Morphology.erode(inside.data, width, height, Element.rectangle(5, 5));
        int[] rim = new int[dark.length];
        int points = 0;
        for (int row = MARGIN; row < height - MARGIN; row++) {
            for (int i = row * width + MARGIN; i < (row + 1) * width - MARGIN; i++) {
                boolean core = objects[i - 1] && objects[i + 1] && objects[i - width] && objects[i + width];
                if (objects[i] && !core && clear[i] && squaredSlope(dark, i, width) > 0) {
                    rim[points++] = i;
                }
            }
        }
        Outline outline = new Outline(points, width, height, widthOverHeight(objects, width, height));
        for (int point = 0; point < points; point++) {
            int i = rim[point];
            // A Sobel sum is eight times the change per px.
            double slope = Math.sqrt(squaredSlope(dark, i, width)) / 8.0;
            double u = slopeX(dark, i, width) / (8.0 * slope);
            double v = slopeY(dark, i, width) / (8.0 * slope);
            double beyond = Math.min((dark[i] - threshold - 0.5) / slope, 1.0);
            int row = i / width;
            outline.x[point] = i - row * width + 0.5 - beyond * u;
            outline.y[point] = row + 0.5 - beyond * v;
            outline.u[point] = u;
            outline.v[point] = v;
            outline.slope[point] = slope;
        }
        return outline;
    }

    private static int slopeX(int[] dark, int i, int stride) {
        return dark[i + stride + 1]
                - dark[i - stride - 1]
                + dark[i - stride + 1]
                - dark[i + stride - 1]
                + 2 * (dark[i + 1] - dark[i - 1]);
    }

    private static int slopeY(int[] dark, int i, int stride) {
        return dark[i + stride + 1]
                - dark[i - stride - 1]
                - (dark[i - stride + 1] - dark[i + stride - 1])
                + 2 * (dark[i + stride] - dark[i - stride]);
    }

    private static int squaredSlope(int[] dark, int i, int stride) {
        int x = slopeX(dark, i, stride);
        int y = slopeY(dark, i, stride);
        return x * x + y * y;
    }

    private static double widthOverHeight(boolean[] objects, int width, int height) {
        int across = 0;
        int along = 0;
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                if (x > 0 && objects[i] != objects[i - 1]) {
                    across++;
                }
                if (y > 0 && objects[i] != objects[i - width]) {
                    along++;
                }
            }
        }
        return (double) Math.max(along, 1) / Math.max(across, 1);
    }
}
