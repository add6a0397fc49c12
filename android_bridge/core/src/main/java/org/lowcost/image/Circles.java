package org.lowcost.image;

import java.util.Arrays;
import org.lowcost.raster.Border;
import org.lowcost.raster.Components;
import org.lowcost.raster.Element;
import org.lowcost.raster.Filters;
import org.lowcost.raster.Morphology;

/** Circles of one common radius, found by the arcs of their outlines; {@code lowcost.image.circles}. */
public final class Circles {
    static final double PI = 3.141592653589793;

    private Circles() {}

    /** Points on outlines. */
    public static final class Arcs {
        /** Where the points lie, px. */
        final double[] x;

        final double[] y;

        /** Unit normals into the objects. */
        final double[] u;

        final double[] v;

        /** Size of the window, px. */
        final double width;

        final double height;

        /** How many points of the outlines each one stands for. */
        final int thinning;

        /** Width over height of the outlines; 1 for circles. */
        final double squeeze;

        /** Points in a window of {@code width} x {@code height} px; the arrays are shared. */
        public Arcs(
                double[] x,
                double[] y,
                double[] u,
                double[] v,
                double width,
                double height,
                int thinning,
                double squeeze) {
            this.x = x;
            this.y = y;
            this.u = u;
            this.v = v;
            this.width = width;
            this.height = height;
            this.thinning = thinning;
            this.squeeze = squeeze;
        }
    }

    /** The arcs with their squeeze undone and their areas kept. */
    public static Arcs relaxed(Arcs arcs) {
        double root = Math.sqrt(arcs.squeeze);
        int n = arcs.x.length;
        double[] x = new double[n];
        double[] y = new double[n];
        double[] u = new double[n];
        double[] v = new double[n];
        for (int i = 0; i < n; i++) {
            double across = arcs.u[i] * root;
            double down = arcs.v[i] / root;
            double length = Math.sqrt(across * across + down * down);
            x[i] = arcs.x[i] / root;
            y[i] = arcs.y[i] * root;
            u[i] = across / length;
            v[i] = down / length;
        }
        return new Arcs(x, y, u, v, arcs.width / root, arcs.height * root, arcs.thinning, 1.0);
    }

    /**
     * How much the ends of steps of each radius gather, beyond chance: 1 where every outline is a full circle of this
     * radius, about 0 where none is; smoothed over five neighbours.
     *
     * @param arcs at least one point
     * @param radii radii in px, each the same factor larger than the one before
     * @param share edge of the bins in which end points are counted, as a share of the radius
     */
    public static double[] gatherings(Arcs arcs, double[] radii, double share) {
        int n = radii.length;
        double[] padded = new double[n + 4];
        for (int i = 0; i < n; i++) {
            padded[i + 2] = gathering(arcs, radii[i], share);
        }
        padded[0] = padded[1] = padded[2];
        padded[n + 2] = padded[n + 3] = padded[n + 1];
        double[] smooth = new double[n];
        for (int i = 0; i < n; i++) {
            smooth[i] = (padded[i]
                            + 2.0 * padded[i + 1]
                            + 3.0 * padded[i + 2]
                            + 2.0 * padded[i + 3]
                            + padded[i + 4])
                    / 9.0;
        }
        return smooth;
    }

    /** Number of pairs of end points in a bin, less that by chance, relative to that of full circles. */
    private static double gathering(Arcs arcs, double radius, double share) {
        double edge = share * radius;
        int n = arcs.x.length;
        // Four bins of margin hold what ends outside the window, so that cutting off the fraction rounds down.
        int stride = (int) (arcs.width / edge) + 9;
        int[] counts = new int[stride * ((int) (arcs.height / edge) + 9)];
        int[] bins = new int[n];
        long pairs = -2L * n;
        for (int grid = 0; grid < 2; grid++) { // two grids, half a bin apart, soften the bins' edges
            double shift = 0.5 * grid;
            Arrays.fill(counts, 0);
            for (int i = 0; i < n; i++) {
                double column = (arcs.x[i] + radius * arcs.u[i]) / edge + 4.0;
                double row = (arcs.y[i] + radius * arcs.v[i]) / edge + 4.0;
                bins[i] = (int) (row + shift) * stride + (int) (column + shift);
                counts[bins[i]]++;
            }
            for (int bin : bins) {
                pairs += counts[bin];
            }
        }
        double chance = (double) ((long) n * n) * edge * edge / (arcs.width * arcs.height);
        return (0.5 * pairs - chance) * arcs.thinning / (n * 2.0 * PI * radius);
    }

    /**
     * Counts the circles of a radius whose centre lies in the window.
     *
     * @param arcs the points
     * @param radius of the circles, px
     * @param share edge of the bins in which end points are counted, as a share of the radius
     * @param centreShare a centre counts when this share of a full circle points to it
     */
    public static int count(Arcs arcs, double radius, double share, double centreShare) {
        double edge = 0.5 * share * radius;
        int width = (int) (arcs.width / edge) + 1;
        int height = (int) (arcs.height / edge) + 1;
        int[] counts = new int[width * height];
        for (int i = 0; i < arcs.x.length; i++) {
            double column = Math.floor((arcs.x[i] + radius * arcs.u[i]) / edge);
            double row = Math.floor((arcs.y[i] + radius * arcs.v[i]) / edge);
            if (column >= 0.0 && row >= 0.0 && column < width && row < height) {
                counts[(int) row * width + (int) column]++;
            }
        }
        int[] votes = Filters.boxSum(counts, width, height, 3, Border.CONSTANT);
        int[] highest = Morphology.dilate(votes, width, height, Element.rectangle(9, 9));
        // In single precision, as the votes are compared in Python.
        float enough = (float) (centreShare * 2.0 * PI * radius / arcs.thinning);
        boolean[] centres = new boolean[votes.length];
        for (int i = 0; i < votes.length; i++) {
            centres[i] = votes[i] == highest[i] && votes[i] >= enough;
        }
        return Components.of(centres, width, height, 8).count;
    }
}
