package org.lowcost.segmentation;

import org.lowcost.Section;
import org.lowcost.raster.Element;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Morphology;

/**
 * What is not a leukocyte, learnt from each picture itself: the colours of one picture's surroundings, as evidence.
 *
 * <p>Far from every nucleus a smear shows empty glass, red cells and platelets: their colours, counted in a histogram,
 * are what a leukocyte's cytoplasm must be told from. A colour that is rare there and lies near a nucleus is cytoplasm.
 */
public final class Surroundings {
    /** Densities from 0 to this have a bin, thousandths of OD. */
    private static final int DENSITIES = 4096;

    /** Evidence for cytoplasm by bin of green, chromatin and red density. */
    private final short[] table;

    /** Bin of each density, thousandths of OD. */
    private final byte[] bins;

    private final int size;

    private Surroundings(short[] table, byte[] bins, int size) {
        this.table = table;
        this.bins = bins;
        this.size = size;
    }

    /** What {@link Surroundings} takes from the bundle: its section {@code surroundings}. */
    public static final class Parameters {
        /** Lower edges of the histogram's bins, thousandths of OD, ascending from 0. */
        final int[] densityEdges;

        /** Distances from nuclei beyond which a pixel counts; the next is taken where one leaves too few pixels. */
        final double[] clearanceUm;

        /** Number of pixels that is enough. */
        final int leastPixels;

        /** Of many more, every nth is counted so that about this many are. */
        final int mostPixels;

        /** Upper limits, millionths, of a colour's share of the surroundings, ascending. */
        final int[] rarity;

        /** Evidence for cytoplasm, sixteenths of a natural log-odds, of each interval that these part (one more). */
        final int[] scores;

        /** Reads the parameters. */
        public Parameters(Section section) {
            densityEdges = section.integers("density_edges");
            clearanceUm = section.numbers("clearance_um");
            leastPixels = section.integer("least_pixels");
            mostPixels = section.integer("most_pixels");
            rarity = section.integers("rarity");
            scores = section.integers("scores", rarity.length + 1);
            section.finish();
        }
    }

    /**
     * Evidence, sixteenths of a natural log-odds, that a pixel is cytoplasm.
     *
     * @param red its red density, thousandths of OD
     * @param green its green density
     * @param blue its blue density
     */
    public int score(int red, int green, int blue) {
        return table[index(bins, size, red, green, blue)];
    }

    private static int index(byte[] bins, int size, int red, int green, int blue) {
        return (bins[green] * size + bins[Math.max(green - blue, 0)]) * size + bins[red];
    }

    /**
     * Counts the colours far from the nuclei.
     *
     * @param density optical density, thousandths: red, green, blue of each pixel, row by row
     * @param nuclei everything that may be a nucleus or a platelet
     * @param inside where the picture shows the smear
     * @param umPerPx edge of a px, um
     * @param parameters how far, how many, and what they are worth
     */
    static Surroundings measure(short[] density, Mask nuclei, Mask inside, double umPerPx, Parameters parameters) {
        boolean[] far = far(nuclei, inside, umPerPx, parameters);
        int[] edges = parameters.densityEdges;
        byte[] bins = new byte[DENSITIES];
        for (int value = 0, bin = 0; value < DENSITIES; value++) {
            while (bin + 1 < edges.length && edges[bin + 1] <= value) {
                bin++;
            }
            bins[value] = (byte) bin;
        }
        int every = Math.max(1, count(far) / parameters.mostPixels);
        int size = edges.length;
        long[] counts = new long[size * size * size];
        int counted = 0;
        for (int i = 0, shown = 0; i < far.length; i++) {
            if (far[i] && shown++ % every == 0) {
                counts[index(bins, size, density[3 * i], density[3 * i + 1], density[3 * i + 2])]++;
                counted++;
            }
        }
        for (int step = size * size; step > 0; step /= size) {
            counts = smoothed(counts, step, size);
        }
        short[] table = new short[counts.length];
        for (int i = 0; i < table.length; i++) {
            // 64 times the count, as smoothed, in millionths.
            long share = counts[i] * 15625 / Math.max(1, counted);
            int interval = 0;
            while (interval < parameters.rarity.length && parameters.rarity[interval] < share) {
                interval++;
            }
            table[i] = (short) parameters.scores[interval];
        }
        return new Surroundings(table, bins, size);
    }

    private static boolean[] far(Mask nuclei, Mask inside, double umPerPx, Parameters parameters) {
        for (double clearance : parameters.clearanceUm) {
            int side = 2 * (int) (clearance / umPerPx) + 1;
            // A square, not a disc: it is dilated in two passes.
            boolean[] beyond =
                    Morphology.dilate(nuclei.data, nuclei.width, nuclei.height, Element.rectangle(side, side));
            for (int i = 0; i < beyond.length; i++) {
                beyond[i] = inside.data[i] && !beyond[i];
            }
            if (count(beyond) >= parameters.leastPixels) {
                return beyond;
            }
        }
        boolean[] far = new boolean[nuclei.data.length];
        for (int i = 0; i < far.length; i++) {
            far[i] = inside.data[i] && !nuclei.data[i];
        }
        return far;
    }

    private static int count(boolean[] mask) {
        int count = 0;
        for (boolean value : mask) {
            count += value ? 1 : 0;
        }
        return count;
    }

    /** Counts weighted 1, 2, 1 along the axis whose bins are {@code step} apart, the outermost bins repeated. */
    private static long[] smoothed(long[] counts, int step, int size) {
        long[] smoothed = new long[counts.length];
        for (int i = 0; i < counts.length; i++) {
            int bin = i / step % size;
            smoothed[i] = 2 * counts[i] + counts[bin > 0 ? i - step : i] + counts[bin < size - 1 ? i + step : i];
        }
        return smoothed;
    }
}
