package org.lowcost.segmentation;

import java.util.Arrays;
import org.lowcost.Section;
import org.lowcost.raster.Border;
import org.lowcost.raster.Filters;
import org.lowcost.raster.Mask;

/**
 * The outline of one cell in its view: the nucleus at full resolution, and the cytoplasm that surrounds it.
 *
 * <p>The outline is the star-shaped curve around the nucleus that gathers the most evidence: colours that are rare in the
 * surroundings speak for cytoplasm, distance from the nucleus speaks against it, a fall of optical density to that of
 * empty glass holds the curve, and neighbouring radii differ little. Dynamic programming finds the best closed curve
 * exactly, in integers. The nucleus is then told from the cytoplasm within the cell itself.
 */
public final class Outline {
    private static final int FORBIDDEN = -(1 << 28);

    /** Below any sum of forbidden gains: a curve must never leave the radii, or start elsewhere than it ends. */
    private static final long UNREACHABLE = -(1L << 50);

    /** Unit of the rays' directions. */
    private static final double UNIT = 16384.0;

    /** The nucleus. */
    public final Mask nucleus;

    /** Nucleus and cytoplasm. */
    public final Mask cell;

    /** Outline of the cell, x and y of each point in turn, px of the view, edges not centres. */
    public final double[] polygon;

    private Outline(Mask nucleus, Mask cell, double[] polygon) {
        this.nucleus = nucleus;
        this.cell = cell;
        this.polygon = polygon;
    }

    /** What {@link Outline} takes from the bundle: its section {@code outline}. */
    public static final class Parameters {
        /** Number of rays. */
        final int angles;

        /** Length of a ray. */
        final double reachUm;

        /** Step of {@link #distanceScores}. */
        final double distanceStepUm;

        /** Evidence by distance from the nucleus, sixteenths of a natural log-odds. */
        final int[] distanceScores;

        /** Evidence added everywhere, sixteenths of a natural log-odds. */
        final int bias;

        /** Green density below which a pixel is empty glass, thousandths of OD. */
        final int glassDensity;

        /** Least evidence of any other pixel: cytoplasm may have the red cells' colour. */
        final int stainedScore;

        /** Cost of each step by which neighbouring radii differ. */
        final int slopeCost;

        /** Largest such difference, steps. */
        final int largestSlope;

        /** Reward of a fall of optical density under the outline, percent of its height in thousandths of OD. */
        final int edgeGainPercent;

        /** Densities above this count as this, thousandths of OD: the palest cytoplasm's. */
        final int edgeDensity;

        /** Length on both sides of the outline over which the densities are compared. */
        final double edgeUm;

        /** Reads the parameters. */
        public Parameters(Section section) {
            angles = section.integer("angles");
            reachUm = section.number("reach_um");
            distanceStepUm = section.number("distance_step_um");
            distanceScores = section.integers("distance_scores");
            bias = section.integer("bias");
            glassDensity = section.integer("glass_density");
            stainedScore = section.integer("stained_score");
            slopeCost = section.integer("slope_cost");
            largestSlope = section.integer("largest_slope");
            edgeGainPercent = section.integer("edge_gain_percent");
            edgeDensity = section.integer("edge_density");
            edgeUm = section.number("edge_um");
            section.finish();
        }
    }

    /** What a view shows of the outline of its cell. */
    static final class Evidence {
        /** Where the nucleus's edge is sought. */
        final NuclearEdge edge;

        /** The nucleus as guessed. */
        final Mask nucleus;

        /** Where the rays start: column and row in px of twice the size. */
        final int x;

        final int y;

        /** Gain of an outline that passes each ray at each radius. */
        final int[][] gain;

        Evidence(NuclearEdge edge, Mask nucleus, int x, int y, int[][] gain) {
            this.edge = edge;
            this.nucleus = nucleus;
            this.x = x;
            this.y = y;
            this.gain = gain;
        }
    }

    /**
     * Outlines the cell in the middle of a view.
     *
     * @param density optical density of the view, thousandths: red, green, blue of each px, row by row; its edge is even
     * @param edge where the edge of the cell's nucleus is sought
     * @param others the nuclei of its neighbours, as first found
     * @param surroundings the colours of the picture far from nuclei
     * @param umPerPx edge of a px of the view, um
     * @param parameters what evidence weighs
     */
    public static Outline of(
            short[] density,
            NuclearEdge edge,
            Mask others,
            Surroundings surroundings,
            double umPerPx,
            Parameters parameters) {
        Evidence evidence = gather(density, edge, others, surroundings, umPerPx, parameters);
        int[] radii = bestClosedCurve(evidence.gain, parameters.slopeCost, parameters.largestSlope);
        return outlined(evidence, radii);
    }

    /** Weighs what a view shows of the outline of the cell in its middle. */
    static Evidence gather(
            short[] density,
            NuclearEdge edge,
            Mask others,
            Surroundings surroundings,
            double umPerPx,
            Parameters parameters) {
        Mask nucleus = edge.guess();
        // The curve is sought at half the view's resolution: light itself does not carry more.
        int size = nucleus.width / 2;
        double stepUm = 2 * umPerPx;
        Mask own = halved(nucleus, true);
        long rows = 0;
        long columns = 0;
        for (int i = 0; i < own.data.length; i++) {
            rows += own.data[i] ? i / size : 0;
            columns += own.data[i] ? i % size : 0;
        }
        int centreX = (int) (columns / own.count());
        int centreY = (int) (rows / own.count());
        int count = (int) (parameters.reachUm / stepUm);
        int[][] rays = rays(centreX, centreY, count, size, parameters.angles);
        int[][] along = along(density, size, rays);
        int[] distance = Geometry.squaredDistanceTo(own);
        Mask rivals = halved(others, false);
        int[] toRivals = rivals.count() > 0 ? Geometry.squaredDistanceTo(rivals) : null;
        double[] ends = ends(stepUm, parameters);
        int reach = Math.max(1, (int) (parameters.edgeUm / stepUm));
        int[][] gain = new int[parameters.angles][count + 1];
        for (int angle = 0; angle < parameters.angles; angle++) {
            int sum = 0;
            int least = 0;
            for (int i = 0; i < count; i++) {
                int place = rays[angle][i];
                // A neighbour's cytoplasm looks like one's own: each px belongs to the nearer nucleus.
                boolean another = toRivals != null && toRivals[place] < distance[place];
                sum += another
                        ? lowest(parameters.distanceScores)
                        : colourScore(along[angle], 3 * i, surroundings, parameters)
                                + parameters.distanceScores[interval(ends, distance[place])]
                                + parameters.bias;
                gain[angle][i + 1] = sum;
                least = own.data[place] ? i + 1 : least;
            }
            addEdges(gain[angle], along[angle], reach, parameters);
            // The curve encloses the whole nucleus.
            Arrays.fill(gain[angle], 0, least, FORBIDDEN);
        }
        return new Evidence(edge, nucleus, centreX, centreY, gain);
    }

    /** The cell within the curve of these radii, in steps of two px. */
    private static Outline outlined(Evidence evidence, int[] radii) {
        int[][] directions = directions(radii.length);
        double[] polygon = new double[2 * radii.length];
        for (int i = 0; i < radii.length; i++) {
            polygon[2 * i] = 2 * (evidence.x + 0.5 + radii[i] * directions[0][i] / UNIT);
            polygon[2 * i + 1] = 2 * (evidence.y + 0.5 + radii[i] * directions[1][i] / UNIT);
        }
        Mask cell = Geometry.fillPolygon(polygon, evidence.nucleus.width, evidence.nucleus.height);
        for (int i = 0; i < cell.data.length; i++) {
            cell.data[i] |= evidence.nucleus.data[i];
        }
        boolean[] nucleus = evidence.edge.within(cell).data.clone();
        for (int i = 0; i < nucleus.length; i++) {
            nucleus[i] &= cell.data[i];
        }
        return new Outline(new Mask(cell.width, cell.height, nucleus), cell, polygon);
    }

    /**
     * Radii, one an angle, of the closed curve with the largest gain.
     *
     * <p>The first pass finds where the best open curve comes back to the first angle, the second the best curve that
     * starts and ends there.
     *
     * @param gain gain of passing each angle at each radius
     * @param slopeCost cost of each step between the radii of neighbouring angles
     * @param largestSlope largest number of such steps
     */
    static int[] bestClosedCurve(int[][] gain, int slopeCost, int largestSlope) {
        int angles = gain.length;
        int count = gain[0].length;
        byte[][] steps = new byte[angles + 1][count];
        long[] padded = new long[count + 2 * largestSlope];
        Arrays.fill(padded, UNREACHABLE);
        long[] best = new long[count];
        for (int radius = 0; radius < count; radius++) {
            padded[largestSlope + radius] = gain[0][radius];
        }
        for (int angle = 1; angle <= angles; angle++) {
            advance(padded, best, steps[angle], gain[angle % angles], slopeCost, largestSlope);
        }
        int start = 0;
        for (int radius = 1; radius < count; radius++) {
            start = padded[largestSlope + radius] > padded[largestSlope + start] ? radius : start;
        }
        Arrays.fill(padded, UNREACHABLE);
        padded[largestSlope + start] = gain[0][start];
        for (int angle = 1; angle <= angles; angle++) {
            advance(padded, best, steps[angle], gain[angle % angles], slopeCost, largestSlope);
        }
        int[] radii = new int[angles];
        int radius = start;
        for (int angle = angles; angle > 0; angle--) {
            radius += steps[angle][radius];
            radii[angle - 1] = radius;
        }
        return radii;
    }

    /** Goes on to the next angle: the best total at each radius, and by what step it came there, the least of equals. */
    private static void advance(
            long[] padded, long[] best, byte[] steps, int[] gain, int slopeCost, int largestSlope) {
        int count = best.length;
        Arrays.fill(best, Long.MIN_VALUE);
        for (int step = -largestSlope; step <= largestSlope; step++) {
            long cost = (long) slopeCost * Math.abs(step);
            for (int radius = 0, from = largestSlope + step; radius < count; radius++, from++) {
                long candidate = padded[from] - cost;
                if (candidate > best[radius]) {
                    best[radius] = candidate;
                    steps[radius] = (byte) step;
                }
            }
        }
        for (int radius = 0; radius < count; radius++) {
            padded[largestSlope + radius] = best[radius] + gain[radius];
        }
    }

    /** Every second pixel of a mask along both axes; or the one diagonally below it, where {@code both}. */
    private static Mask halved(Mask mask, boolean both) {
        int width = mask.width / 2;
        int height = mask.height / 2;
        boolean[] halved = new boolean[width * height];
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                int at = 2 * y * mask.width + 2 * x;
                halved[i] = mask.data[at] || both && mask.data[at + mask.width + 1];
            }
        }
        return new Mask(width, height, halved);
    }

    /** Densities along each ray, red, green and blue in turn: means of 3 x 3 px of half the view's resolution. */
    private static int[][] along(short[] density, int size, int[][] rays) {
        int[][] along = new int[rays.length][3 * rays[0].length];
        short[] coarse = new short[size * size];
        for (int channel = 0; channel < 3; channel++) {
            for (int y = 0, i = 0; y < size; y++) {
                for (int x = 0; x < size; x++, i++) {
                    int at = 3 * (4 * y * size + 2 * x) + channel;
                    int below = at + 6 * size;
                    coarse[i] = (short) (density[at] + density[at + 3] + density[below] + density[below + 3] + 2 >> 2);
                }
            }
            int[] total = Filters.boxSum(coarse, size, size, 3, Border.REFLECT_101);
            for (int angle = 0; angle < rays.length; angle++) {
                for (int i = 0; i < rays[angle].length; i++) {
                    along[angle][3 * i + channel] = (total[rays[angle][i]] + 4) / 9;
                }
            }
        }
        return along;
    }

    /** Evidence of the colour of the pixel at a place. */
    private static int colourScore(int[] along, int at, Surroundings surroundings, Parameters parameters) {
        int score = surroundings.score(along[at], along[at + 1], along[at + 2]);
        return along[at + 1] >= parameters.glassDensity ? Math.max(score, parameters.stainedScore) : score;
    }

    /** Squared distances, px2, at which the evidence by distance changes. */
    private static double[] ends(double stepUm, Parameters parameters) {
        double[] ends = new double[parameters.distanceScores.length - 1];
        for (int i = 0; i < ends.length; i++) {
            double end = (i + 1) * parameters.distanceStepUm / stepUm;
            ends[i] = end * end;
        }
        return ends;
    }

    private static int interval(double[] ends, int distance) {
        int interval = 0;
        while (interval < ends.length && ends[interval] <= distance) {
            interval++;
        }
        return interval;
    }

    private static int lowest(int[] values) {
        int lowest = values[0];
        for (int value : values) {
            lowest = Math.min(lowest, value);
        }
        return lowest;
    }

    /** Cosine and sine of the rays' angles in 1/16384, rounded so that every platform has the same. */
    private static int[][] directions(int angles) {
        int[][] directions = new int[2][angles];
        for (int i = 0; i < angles; i++) {
            double turn = 2.0 * Math.PI * i / angles;
            directions[0][i] = (int) Math.floor(Math.cos(turn) * UNIT + 0.5);
            directions[1][i] = (int) Math.floor(Math.sin(turn) * UNIT + 0.5);
        }
        return directions;
    }

    /** Places in a square image of the pixels along each ray, clipped to the image. */
    private static int[][] rays(int centreX, int centreY, int count, int size, int angles) {
        int[][] directions = directions(angles);
        int[][] rays = new int[angles][count];
        for (int angle = 0; angle < angles; angle++) {
            for (int i = 0; i < count; i++) {
                int radius = 2 * i + 1;
                int column = centreX + (directions[0][angle] * radius + 16384 >> 15);
                int row = centreY + (directions[1][angle] * radius + 16384 >> 15);
                rays[angle][i] = Math.min(Math.max(row, 0), size - 1) * size + Math.min(Math.max(column, 0), size - 1);
            }
        }
        return rays;
    }

    /** Adds the reward of the fall of optical density from the inner to the outer side of each radius. */
    private static void addEdges(int[] gain, int[] along, int reach, Parameters parameters) {
        int count = gain.length - 1;
        int[] total = new int[count]; // nothing is known of what lies beyond the ray
        int[] running = new int[count + 1];
        for (int channel = 0; channel < 3; channel++) {
            for (int i = 0; i < count; i++) {
                int density = Math.min(Math.max(along[3 * i + channel], 0), parameters.edgeDensity);
                running[i + 1] = running[i] + density;
            }
            for (int i = 0; i < count; i++) {
                total[i] += mean(running, i - reach, i) - mean(running, i, i + reach);
            }
        }
        for (int i = 0; i < count; i++) {
            gain[i] += Math.max(total[i], 0) * parameters.edgeGainPercent / 100;
        }
    }

    /** The mean between two places of a running sum, or of as many as there are; 0 where there is none. */
    private static int mean(int[] running, int from, int to) {
        int first = Math.max(from, 0);
        int last = Math.min(to, running.length - 1);
        return (running[last] - running[first]) / Math.max(last - first, 1);
    }
}
