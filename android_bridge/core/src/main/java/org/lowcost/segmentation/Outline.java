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
 * exactly, in integers.
 */
public final class Outline {
    private static final int FORBIDDEN = -(1 << 28);
    /** Below any sum of forbidden gains: a curve must never leave the radii, or start elsewhere than it ends. */
    private static final long UNREACHABLE = -(1L << 50);

    /** Value of a cosine of 1. */
    private static final int ONE = 1 << 14;

    /** The nucleus. */
    public final Mask nucleus;

    /** Nucleus and cytoplasm. */
    public final Mask cell;

    /** Outline of the cell: x and y of each point in turn, px of the view, edges not centres. */
    public final double[] polygon;

    private Outline(Mask nucleus, Mask cell, double[] polygon) {
        this.nucleus = nucleus;
        this.cell = cell;
        this.polygon = polygon;
    }

    /** What {@link Outline} takes from the bundle: its section {@code outline}. Any thread may use it. */
    public static final class Parameters {
        /** Number of rays. */
        final int angles;

        /** Length of a ray, um. */
        final double reachUm;

        /** Step of {@code distanceScores}, um. */
        final double distanceStepUm;

        /** Evidence by distance from the nucleus, sixteenths of a natural log-odds. */
        final int[] distanceScores;

        /** Evidence added everywhere. */
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

        /** Densities above this count as this, thousandths of OD. */
        final int edgeDensity;

        /** Length on both sides of the outline over which the densities are compared, um. */
        final double edgeUm;

        /** Cosine and sine of the rays' angles in 1/16384. */
        final int[] cosine;

        final int[] sine;

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
            cosine = new int[angles];
            sine = new int[angles];
            for (int angle = 0; angle < angles; angle++) {
                double turn = 2.0 * Math.PI * angle / angles;
                cosine[angle] = (int) Math.floor(StrictMath.cos(turn) * ONE + 0.5);
                sine[angle] = (int) Math.floor(StrictMath.sin(turn) * ONE + 0.5);
            }
        }
    }

    /**
     * Outlines the cell in the middle of a view.
     *
     * @param density optical density of the view, thousandths: red, green, blue of each px, row by row; square, of an
     *     even size
     * @param edge where the edge of the cell's nucleus is sought
     * @param others the nuclei of its neighbours, as first found
     * @param surroundings the colours of the picture far from nuclei
     * @param umPerPx edge of a px of the view, um
     * @param parameters what speaks for a cell
     */
    public static Outline of(
            short[] density,
            NuclearEdge edge,
            Mask others,
            Surroundings surroundings,
            double umPerPx,
            Parameters parameters) {
        Mask nucleus = edge.guess();
        // The curve is sought at half the view's resolution: light itself does not carry more.
        int size = others.width / 2;
        boolean[] own = new boolean[size * size];
        boolean[] rivals = new boolean[size * size];
        long sumX = 0;
        long sumY = 0;
        long number = 0;
        for (int y = 0, i = 0; y < size; y++) {
            for (int x = 0; x < size; x++, i++) {
                int first = 2 * y * others.width + 2 * x;
                own[i] = nucleus.data[first] || nucleus.data[first + others.width + 1];
                rivals[i] = others.data[first];
                if (own[i]) {
                    sumX += x;
                    sumY += y;
                    number++;
                }
            }
        }
        int centreX = (int) (sumX / number);
        int centreY = (int) (sumY / number);
        double stepUm = 2 * umPerPx;
        int count = (int) (parameters.reachUm / stepUm);
        int[][] rays = rays(centreX, centreY, count, size, parameters);
        short[][] along = along(density, others.width, rays);
        int[] distance = Geometry.squaredDistanceTo(new Mask(size, size, own));
        Mask neighbours = new Mask(size, size, rivals);
        int[] toNeighbours = neighbours.count() > 0 ? Geometry.squaredDistanceTo(neighbours) : null;
        int[][] gain = new int[parameters.angles][];
        int reach = Math.max(1, (int) (parameters.edgeUm / stepUm));
        for (int angle = 0; angle < gain.length; angle++) {
            gain[angle] = edges(along[angle], reach, parameters);
            int sum = 0;
            int least = 0;
            for (int r = 0; r < count; r++) {
                int place = rays[angle][r];
                sum += toNeighbours != null && toNeighbours[place] < distance[place]
                        // A neighbour's cytoplasm looks like one's own: each px belongs to the nearer nucleus.
                        ? least(parameters.distanceScores)
                        : score(along[angle], r, distance[place], stepUm, surroundings, parameters);
                gain[angle][r + 1] += sum;
                least = own[place] ? r + 1 : least;
            }
            Arrays.fill(gain[angle], 0, least, FORBIDDEN); // the curve encloses the whole nucleus
        }
        int[] radii = bestClosedCurve(gain, parameters.slopeCost, parameters.largestSlope);
        return within(edge, nucleus, centreX, centreY, radii, parameters);
    }

    /** The cell within the curve of some radii, in steps of two px. */
    private static Outline within(
            NuclearEdge edge, Mask guess, int x, int y, int[] radii, Parameters parameters) {
        double[] polygon = new double[2 * radii.length];
        for (int i = 0; i < radii.length; i++) {
            polygon[2 * i] = 2 * (x + 0.5 + radii[i] * parameters.cosine[i] / (double) ONE);
            polygon[2 * i + 1] = 2 * (y + 0.5 + radii[i] * parameters.sine[i] / (double) ONE);
        }
        Mask cell = Geometry.fillPolygon(polygon, guess.width, guess.height);
        for (int i = 0; i < cell.data.length; i++) {
            cell.data[i] |= guess.data[i];
        }
        boolean[] nucleus = edge.nucleusOf(cell).data.clone();
        for (int i = 0; i < nucleus.length; i++) {
            nucleus[i] &= cell.data[i];
        }
        return new Outline(new Mask(cell.width, cell.height, nucleus), cell, polygon);
    }

    /** Places in a square image of the px along each ray, clipped to the image. */
    private static int[][] rays(int centreX, int centreY, int count, int size, Parameters parameters) {
        int[][] rays = new int[parameters.angles][count];
        for (int angle = 0; angle < rays.length; angle++) {
            for (int r = 0; r < count; r++) {
                int across = parameters.cosine[angle] * (2 * r + 1) + ONE >> 15;
                int down = parameters.sine[angle] * (2 * r + 1) + ONE >> 15;
                int column = Math.min(Math.max(centreX + across, 0), size - 1);
                int row = Math.min(Math.max(centreY + down, 0), size - 1);
                rays[angle][r] = row * size + column;
            }
        }
        return rays;
    }

    /** Densities red, green, blue of each px along each ray: means of 3 x 3 px of the halved view. */
    private static short[][] along(short[] density, int width, int[][] rays) {
        int size = width / 2;
        short[][] along = new short[rays.length][3 * rays[0].length];
        short[] halved = new short[size * size];
        for (int channel = 0; channel < 3; channel++) {
            for (int y = 0, i = 0; y < size; y++) {
                for (int x = 0; x < size; x++, i++) {
                    int first = 3 * (2 * y * width + 2 * x) + channel;
                    int below = first + 3 * width;
                    int sum = density[first] + density[first + 3] + density[below] + density[below + 3];
                    halved[i] = (short) (sum + 2 >> 2);
                }
            }
            int[] total = Filters.boxSum(halved, size, size, 3, Border.REFLECT_101);
            for (int angle = 0; angle < rays.length; angle++) {
                for (int r = 0; r < rays[angle].length; r++) {
                    along[angle][3 * r + channel] = (short) ((total[rays[angle][r]] + 4) / 9);
                }
            }
        }
        return along;
    }

    /** Evidence of a px by its colour and its squared distance, px2, from the nucleus. */
    private static int score(
            short[] along, int r, int distance, double stepUm, Surroundings surroundings, Parameters parameters) {
        int green = along[3 * r + 1];
        int score = surroundings.score(along[3 * r], green, along[3 * r + 2]);
        if (green >= parameters.glassDensity) {
            score = Math.max(score, parameters.stainedScore);
        }
        int step = 1;
        while (step < parameters.distanceScores.length) {
            double end = step * parameters.distanceStepUm / stepUm;
            if (distance < end * end) {
                break;
            }
            step++;
        }
        return score + parameters.distanceScores[step - 1] + parameters.bias;
    }

    private static int least(int[] values) {
        int least = values[0];
        for (int value : values) {
            least = Math.min(least, value);
        }
        return least;
    }

    /** Reward of the fall of optical density from the inner to the outer side of each radius of a ray. */
    private static int[] edges(short[] along, int reach, Parameters parameters) {
        int count = along.length / 3;
        int[] fall = new int[count + 1];
        int[] running = new int[count + 1];
        for (int channel = 0; channel < 3; channel++) {
            for (int r = 0; r < count; r++) {
                int density = Math.min(Math.max(along[3 * r + channel], 0), parameters.edgeDensity);
                running[r + 1] = running[r] + density;
            }
            for (int r = 0; r <= count; r++) {
                // Means over the `reach` px that end or begin here, or over as many as there are.
                int before = Math.max(r - reach, 0);
                int after = Math.min(r + reach, count);
                fall[r] += (running[r] - running[before]) / Math.max(r - before, 1)
                        - (running[after] - running[r]) / Math.max(after - r, 1);
            }
        }
        for (int r = 0; r < count; r++) {
            fall[r] = Math.max(fall[r], 0) * parameters.edgeGainPercent / 100;
        }
        fall[count] = 0; // nothing is known of what lies beyond the ray
        return fall;
    }

    /**
     * Radii, one an angle, of the closed curve with the largest gain.
     *
     * <p>The first pass finds where the best open curve comes back to the first angle, the second the best curve that
     * starts and ends there. Of equals the one with the smaller radius before wins.
     *
     * @param gain of passing each angle at each radius
     * @param slopeCost cost of each step between the radii of neighbouring angles
     * @param largestSlope largest number of such steps
     */
    static int[] bestClosedCurve(int[][] gain, int slopeCost, int largestSlope) {
        int angles = gain.length;
        int count = gain[0].length;
        byte[][] came = new byte[angles + 1][count];
        long[] total = new long[count];
        long[] next = new long[count];
        for (int r = 0; r < count; r++) {
            total[r] = gain[0][r];
        }
        int start = 0;
        for (boolean closed : new boolean[] {false, true}) {
            for (int angle = 1; angle <= angles; angle++) {
                step(total, next, came[angle], slopeCost, largestSlope);
                long[] done = total;
                total = next;
                next = done;
                for (int r = 0; r < count && !(closed && angle == angles); r++) {
                    total[r] += gain[angle % angles][r];
                }
            }
            if (!closed) {
                for (int r = 1; r < count; r++) {
                    start = total[r] > total[start] ? r : start;
                }
                Arrays.fill(total, UNREACHABLE);
                total[start] = gain[0][start];
            }
        }
        int[] radii = new int[angles];
        int radius = start;
        for (int angle = angles; angle > 0; angle--) {
            radius += came[angle][radius];
            radii[angle - 1] = radius;
        }
        return radii;
    }

    /** The best way from each radius of one angle to each of the next, and from where it came. */
    private static void step(long[] total, long[] next, byte[] came, int slopeCost, int largestSlope) {
        for (int r = 0; r < next.length; r++) {
            long best = Long.MIN_VALUE;
            for (int slope = -largestSlope; slope <= largestSlope; slope++) {
                int from = r + slope;
                long known = from >= 0 && from < total.length ? total[from] : UNREACHABLE;
                long value = known - (long) slopeCost * Math.abs(slope);
                if (value > best) {
                    best = value;
                    came[r] = (byte) slope;
                }
            }
            next[r] = best;
        }
    }
}
