package org.lowcost;

import java.util.LinkedHashMap;
import java.util.Map;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Rgb;

/** Optical density in integers, and the stains that make it up, addressed by name; {@code lowcost.stain}. */
public final class Stain {
    private Stain() {}

    /** What the stain takes from the bundle: its section {@code stain}. */
    public static final class Parameters {
        /** Optical density, thousandths, of each value 0-255 of a balanced image. */
        final short[] densityTable;

        /** Green density from which a pixel holds something, thousandths of OD. */
        final int foregroundDensity;

        /** Blue density counts against chromatin up to this, thousandths of OD. */
        public final int blueLimit;

        /** Smallest number of pixels that a stain vector is measured on. */
        final int leastPixels;

        /** Of many more, every nth is counted so that about this many are. */
        final int mostPixels;

        /** Unit optical-density vectors (red, green, blue) by stain, taken where a picture shows too little of one. */
        final Map<String, double[]> vectors;

        /** Reads the parameters. */
        public Parameters(Section section) {
            int[] table = section.integers("density_table", 256);
            densityTable = new short[table.length];
            for (int i = 0; i < table.length; i++) {
                densityTable[i] = (short) table[i];
            }
            foregroundDensity = section.integer("foreground_density");
            blueLimit = section.integer("blue_limit");
            leastPixels = section.integer("least_pixels");
            mostPixels = section.integer("most_pixels");
            Section defaults = section.section("vectors");
            vectors = new LinkedHashMap<>();
            for (String name : defaults.names()) {
                vectors.put(name, defaults.numbers(name, 3));
            }
            section.finish();
        }
    }

    /** Optical density of each channel of a balanced image, thousandths; red, green, blue of each pixel, row by row. */
    public static short[] opticalDensity(Rgb balanced, Parameters parameters) {
        short[] density = new short[balanced.data.length];
        for (int i = 0; i < density.length; i++) {
            density[i] = parameters.densityTable[balanced.data[i] & 0xff];
        }
        return density;
    }

    /**
     * Density of the stain on chromatin: green less blue optical density, where positive.
     *
     * @param density optical density as {@link #opticalDensity} gives it
     * @param blueLimit blue density counts up to this, thousandths
     * @return thousandths of OD of each pixel, 0 or more
     */
    public static short[] chromatinDensity(short[] density, int blueLimit) {
        short[] chromatin = new short[density.length / 3];
        for (int i = 0, at = 0; i < chromatin.length; i++, at += 3) {
            int blue = Math.min(Math.max(density[at + 2], 0), blueLimit);
            chromatin[i] = (short) Math.max(density[at + 1] - blue, 0);
        }
        return chromatin;
    }

    /**
     * Measures the stain vectors of a picture on its own nuclei and red cells.
     *
     * @param density optical density as {@link #opticalDensity} gives it
     * @param nuclei the nuclei: {@code "chromatin"}
     * @param rest where there are no nuclei; what is stained there is {@code "haemoglobin"}
     * @param parameters what too few pixels are, and what is taken then
     * @return unit vectors (red, green, blue) of the median densities
     */
    public static Map<String, double[]> vectors(short[] density, Mask nuclei, Mask rest, Parameters parameters) {
        boolean[] red = new boolean[rest.data.length];
        for (int i = 0; i < red.length; i++) {
            red[i] = rest.data[i] && density[3 * i + 1] > parameters.foregroundDensity;
        }
        Map<String, double[]> measured = new LinkedHashMap<>();
        measured.put("chromatin", vector(density, nuclei, "chromatin", parameters));
        measured.put("haemoglobin", vector(density, new Mask(rest.width, rest.height, red), "haemoglobin", parameters));
        return measured;
    }

    private static double[] vector(short[] density, Mask mask, String name, Parameters parameters) {
        int size = mask.count();
        if (size < parameters.leastPixels) {
            return parameters.vectors.get(name).clone();
        }
        int every = Math.max(1, size / parameters.mostPixels);
        int[][] counts = new int[3][Short.MAX_VALUE + 1];
        int counted = 0;
        for (int i = 0, shown = 0; i < mask.data.length; i++) {
            if (!mask.data[i]) {
                continue;
            }
            if (shown++ % every == 0) {
                for (int channel = 0; channel < 3; channel++) {
                    counts[channel][density[3 * i + channel]]++;
                }
                counted++;
            }
        }
        double red = lowerMedian(counts[0], counted);
        double green = lowerMedian(counts[1], counted);
        double blue = lowerMedian(counts[2], counted);
        double length = Math.sqrt(red * red + green * green + blue * blue);
        return new double[] {red / length, green / length, blue / length};
    }

    /**
     * Lower median of non-negative integers.
     *
     * @param counts how many there are of each
     * @param number of all, 1 or more
     */
    public static int lowerMedian(int[] counts, int number) {
        int value = 0;
        for (int below = counts[0]; below < (number + 1) / 2; below += counts[value]) {
            value++;
        }
        return value;
    }
}
