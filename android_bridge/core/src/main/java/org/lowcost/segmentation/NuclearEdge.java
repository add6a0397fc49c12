package org.lowcost.segmentation;

import org.lowcost.Section;
import org.lowcost.raster.Border;
import org.lowcost.raster.Components;
import org.lowcost.raster.Filters;
import org.lowcost.raster.Mask;

/**
 * Where the edge of one nucleus is sought in its view: first against what surrounds it, then against the cytoplasm of its
 * own cell.
 */
public final class NuclearEdge {
    /** The nucleus as first found. */
    private final Mask own;

    /** Left top corner of the window of the view within which everything lies. */
    private final int left;

    private final int top;

    /** Within the window, the nucleus as first found and what lies around it. */
    private final Mask zone;

    /** Chromatin density and red density of the view, limited. */
    private final short[] chromatin;

    private final short[] red;

    /** Median chromatin density of what surrounds the zone and of the nucleus; null where the former is not seen. */
    private final int[] medians;

    /** Smaller pieces are dropped and smaller holes filled. */
    private final double speckPx;

    private final Parameters parameters;

    private NuclearEdge(
            Mask own,
            int left,
            int top,
            Mask zone,
            short[] chromatin,
            short[] red,
            int[] medians,
            double speckPx,
            Parameters parameters) {
        this.own = own;
        this.left = left;
        this.top = top;
        this.zone = zone;
        this.chromatin = chromatin;
        this.red = red;
        this.medians = medians;
        this.speckPx = speckPx;
        this.parameters = parameters;
    }

    /** What {@link NuclearEdge} takes from the bundle: its section {@code nuclear_edge}. */
    public static final class Parameters {
        /** Densities above this count as this, thousandths of OD. */
        final int densityLimit;

        /** How far beyond the nucleus as first found its edge is sought. */
        final double zoneUm;

        /** Width of the ring around that zone whose chromatin density stands for what is not nucleus. */
        final double ringUm;

        /** Where between the ring's and the nucleus's density the edge lies before the cell is outlined, percent. */
        final int levelPercent;

        /** Where between the densities of the outlined cell's cytoplasm and nucleus the edge lies, percent. */
        final int classLevelPercent;

        /** Where, on the scale of the former, it lies at most: a cell may be nucleus throughout. */
        final int highestLevelPercent;

        /** Share, percent, of the variance of red density that two classes must explain to be taken. */
        final int redExplainedPercent;

        /** Smaller pieces of the nucleus are dropped and smaller holes filled. */
        final double speckAreaUm2;

        /** Reads the parameters. */
        public Parameters(Section section) {
            densityLimit = section.integer("density_limit");
            zoneUm = section.number("zone_um");
            ringUm = section.number("ring_um");
            levelPercent = section.integer("level_percent");
            classLevelPercent = section.integer("class_level_percent");
            highestLevelPercent = section.integer("highest_level_percent");
            redExplainedPercent = section.integer("red_explained_percent");
            speckAreaUm2 = section.number("speck_area_um2");
            section.finish();
        }
    }

    /**
     * Looks around a nucleus.
     *
     * @param density optical density of the view, thousandths: red, green, blue of each px, row by row
     * @param chromatin its chromatin density
     * @param own the nucleus as first found
     * @param others those of neighbouring cells
     * @param umPerPx edge of a px of the view, um
     * @param parameters where between two densities the edge lies
     */
    public static NuclearEdge around(
            short[] density, short[] chromatin, Mask own, Mask others, double umPerPx, Parameters parameters) {
        int[] window = window(own, (int) ((parameters.zoneUm + parameters.ringUm) / umPerPx) + 2);
        Mask seed = cut(own, window);
        Mask rivals = cut(others, window);
        double zonePx = parameters.zoneUm / umPerPx;
        boolean[] zone = Geometry.near(seed, zonePx).data;
        boolean[] ring = Geometry.near(new Mask(seed.width, seed.height, zone), parameters.ringUm / umPerPx).data;
        for (int i = 0; i < ring.length; i++) {
            ring[i] &= !zone[i];
        }
        if (rivals.count() > 0) {
            boolean[] taken = Geometry.near(rivals, zonePx).data;
            int[] distance = Geometry.squaredDistanceTo(seed);
            int[] toRivals = Geometry.squaredDistanceTo(rivals);
            for (int i = 0; i < ring.length; i++) {
                ring[i] &= !taken[i];
                zone[i] &= !taken[i] || distance[i] < toRivals[i];
            }
        }
        short[] limited = new short[chromatin.length];
        short[] red = new short[chromatin.length];
        for (int i = 0; i < limited.length; i++) {
            limited[i] = (short) Math.min(Math.max(chromatin[i], 0), parameters.densityLimit);
            red[i] = (short) Math.min(Math.max(density[3 * i], 0), parameters.densityLimit);
        }
        int[] around = counts(limited, own.width, window, ring, parameters);
        int[] within = counts(limited, own.width, window, seed.data, parameters);
        int outer = lowerMedian(around);
        return new NuclearEdge(
                own,
                window[0],
                window[1],
                new Mask(seed.width, seed.height, zone),
                limited,
                red,
                outer < 0 ? null : new int[] {outer, lowerMedian(within)},
                parameters.speckAreaUm2 / (umPerPx * umPerPx),
                parameters);
    }

    /**
     * The nucleus before its cell is outlined: its edge lies between its density and that of what surrounds it. As first
     * found where no such edge exists.
     */
    Mask guess() {
        if (medians == null) {
            return own;
        }
        Mask nucleus = above(chromatin, between(medians[0], medians[1], parameters.levelPercent));
        return meet(nucleus, own) ? nucleus : own;
    }

    /**
     * The nucleus of an outlined cell: its edge lies between the densities of nucleus and cytoplasm. As it was guessed
     * where no such edge exists.
     *
     * <p>Chromatin density parts the two in most cells. An eosinophil's granules absorb as much green as its nucleus, and
     * blue cytoplasm passes as much blue, but both let red pass: where red density parts them better, it is taken.
     */
    Mask within(Mask cell) {
        // Within the cell there is nothing but nucleus and cytoplasm: Otsu's classes are these two.
        int[] whole = {0, 0, cell.width, cell.height};
        Otsu green = Otsu.classes(counts(chromatin, cell.width, whole, cell.data, parameters));
        Otsu dark = Otsu.classes(counts(red, cell.width, whole, cell.data, parameters));
        Mask nucleus;
        if (dark.explained > Math.max(green.explained, parameters.redExplainedPercent / 100.0)) {
            nucleus = above(red, between(dark.low, dark.high, parameters.classLevelPercent));
        } else {
            int level = between(green.low, green.high, parameters.classLevelPercent);
            if (medians != null) {
                level = Math.min(level, between(medians[0], medians[1], parameters.highestLevelPercent));
            }
            nucleus = above(chromatin, level);
        }
        return meet(nucleus, own) ? nucleus : guess();
    }

    /** The part of the zone above a density. */
    private Mask above(short[] stain, int level) {
        short[] inner = new short[zone.data.length];
        for (int y = 0; y < zone.height; y++) {
            System.arraycopy(stain, (top + y) * own.width + left, inner, y * zone.width, zone.width);
        }
        int[] total = Filters.boxSum(inner, zone.width, zone.height, 3, Border.REFLECT_101);
        boolean[] above = new boolean[total.length];
        for (int i = 0; i < above.length; i++) {
            above[i] = total[i] > 9 * level && zone.data[i];
        }
        boolean[] solid = withoutSpecks(above, zone.width, zone.height, speckPx);
        boolean[] nucleus = new boolean[own.data.length];
        for (int y = 0; y < zone.height; y++) {
            System.arraycopy(solid, y * zone.width, nucleus, (top + y) * own.width + left, zone.width);
        }
        return new Mask(own.width, own.height, nucleus);
    }

    /** The density at a share of the way between two. */
    private static int between(double low, double high, int percent) {
        return (int) (low + (high - low) * percent / 100);
    }

    /** The bounding box of a mask with a margin, within the view: left, top, width and height. */
    private static int[] window(Mask mask, int margin) {
        int x0 = mask.width;
        int x1 = 0;
        int y0 = mask.height;
        int y1 = 0;
        for (int y = 0, i = 0; y < mask.height; y++) {
            for (int x = 0; x < mask.width; x++, i++) {
                if (mask.data[i]) {
                    x0 = Math.min(x0, x);
                    x1 = Math.max(x1, x + 1);
                    y0 = Math.min(y0, y);
                    y1 = y + 1;
                }
            }
        }
        x0 = Math.max(0, x0 - margin);
        y0 = Math.max(0, y0 - margin);
        return new int[] {
            x0, y0, Math.min(mask.width, x1 + margin) - x0, Math.min(mask.height, y1 + margin) - y0
        };
    }

    private static Mask cut(Mask mask, int[] window) {
        boolean[] part = new boolean[window[2] * window[3]];
        for (int y = 0; y < window[3]; y++) {
            System.arraycopy(mask.data, (window[1] + y) * mask.width + window[0], part, y * window[2], window[2]);
        }
        return new Mask(window[2], window[3], part);
    }

    /** How often each density occurs in a region of a window. */
    private static int[] counts(short[] stain, int width, int[] window, boolean[] region, Parameters parameters) {
        int[] counts = new int[Math.max(2, parameters.densityLimit + 1)];
        for (int y = 0, i = 0; y < window[3]; y++) {
            int from = (window[1] + y) * width + window[0];
            for (int x = 0; x < window[2]; x++, i++, from++) {
                if (region[i]) {
                    counts[stain[from]]++;
                }
            }
        }
        return counts;
    }

    /** Lower median of what was counted, -1 where that is nothing. */
    private static int lowerMedian(int[] counts) {
        int number = 0;
        for (int count : counts) {
            number += count;
        }
        int running = 0;
        for (int value = 0; value < counts.length && number > 0; value++) {
            running += counts[value];
            if (running >= (number + 1) / 2) {
                return value;
            }
        }
        return -1;
    }

    private static boolean meet(Mask one, Mask other) {
        for (int i = 0; i < one.data.length; i++) {
            if (one.data[i] && other.data[i]) {
                return true;
            }
        }
        return false;
    }

    /** Drops pieces below an area (8 neighbours) and fills holes below it (4 neighbours). */
    private static boolean[] withoutSpecks(boolean[] mask, int width, int height, double areaPx) {
        boolean[] rest = inverted(atLeast(mask, width, height, areaPx, 8));
        return inverted(atLeast(rest, width, height, areaPx, 4));
    }

    private static boolean[] inverted(boolean[] mask) {
        boolean[] inverted = new boolean[mask.length];
        for (int i = 0; i < mask.length; i++) {
            inverted[i] = !mask[i];
        }
        return inverted;
    }

    /** The connected pieces of at least an area, px. */
    private static boolean[] atLeast(boolean[] mask, int width, int height, double areaPx, int connectivity) {
        Components parts = Components.of(mask, width, height, connectivity);
        int[] areas = parts.areas();
        boolean[] large = new boolean[mask.length];
        for (int i = 0; i < large.length; i++) {
            large[i] = mask[i] && areas[parts.labels[i]] >= areaPx;
        }
        return large;
    }
}
