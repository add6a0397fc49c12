package org.lowcost.segmentation;

import org.lowcost.Section;
import org.lowcost.Stain;
import org.lowcost.raster.Border;
import org.lowcost.raster.Components;
import org.lowcost.raster.Filters;
import org.lowcost.raster.Mask;

/** The edge of one nucleus in its view: first against what surrounds it, then against the cytoplasm of its own cell. */
public final class NuclearEdge {
    /** The nucleus as first found. */
    private final Mask own;
    /** The part of the view, px, within which everything lies. */
    private final int left;

    private final int top;
    private final int width;
    private final int height;
    /** Within that part, the nucleus as first found and what lies around it. */
    private final boolean[] zone;
    /** Chromatin density and red density of the view, limited. */
    private final short[] chromatin;

    private final short[] red;
    /** Median chromatin density of what surrounds the zone and of the nucleus; null where the former is not seen. */
    private final int[] medians;
    /** Smaller pieces are dropped and smaller holes filled. */
    private final double speckPx;

    private final Parameters parameters;

    /** What {@link NuclearEdge} takes from the bundle: its section {@code nuclear_edge}. */
    public static final class Parameters {
        /** Densities above this count as this, thousandths of OD. */
        final int densityLimit;

        /** How far beyond the nucleus as first found its edge is sought, um. */
        final double zoneUm;

        /** Width of the ring around that zone whose chromatin density stands for what is not nucleus, um. */
        final double ringUm;

        /** Where between the ring's and the nucleus's median density the edge first lies, percent. */
        final int levelPercent;

        /** Where between the mean densities of the outlined cell's cytoplasm and nucleus it then lies, percent. */
        final int classLevelPercent;

        /** Where, on the scale of {@code levelPercent}, it lies at most. */
        final int highestLevelPercent;

        /** Share, percent, of a density's variance that two classes must explain to count as nucleus and cytoplasm. */
        final int explainedPercent;

        /** The same for the edge to be sought in red density. */
        final int redExplainedPercent;

        /** Smaller pieces of the nucleus are dropped and smaller holes filled, um2. */
        final double speckAreaUm2;

        /** Reads the parameters. */
        public Parameters(Section section) {
            densityLimit = section.integer("density_limit");
            zoneUm = section.number("zone_um");
            ringUm = section.number("ring_um");
            levelPercent = section.integer("level_percent");
            classLevelPercent = section.integer("class_level_percent");
            highestLevelPercent = section.integer("highest_level_percent");
            explainedPercent = section.integer("explained_percent");
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
     * @param own the nucleus as first found; it holds a pixel
     * @param others the nuclei of neighbouring cells, as first found
     * @param umPerPx edge of a px of the view, um
     * @param parameters how far to look
     */
    public NuclearEdge(
            short[] density, short[] chromatin, Mask own, Mask others, double umPerPx, Parameters parameters) {
        this.own = own;
        this.parameters = parameters;
        int margin = (int) ((parameters.zoneUm + parameters.ringUm) / umPerPx) + 2;
        Piece whole = Geometry.trimmed(new Piece(0, 0, own), own);
        left = Math.max(0, whole.x0 - margin);
        top = Math.max(0, whole.y0 - margin);
        width = Math.min(own.width, whole.x1 + margin) - left;
        height = Math.min(own.height, whole.y1 + margin) - top;
        Mask seed = within(own);
        Mask rivals = within(others);
        double zonePx = parameters.zoneUm / umPerPx;
        Mask near = Geometry.near(seed, zonePx);
        Mask beyond = Geometry.near(near, parameters.ringUm / umPerPx);
        zone = near.data.clone();
        boolean[] ring = new boolean[zone.length];
        for (int i = 0; i < ring.length; i++) {
            ring[i] = beyond.data[i] && !zone[i];
        }
        if (rivals.count() > 0) {
            Mask taken = Geometry.near(rivals, zonePx);
            int[] toSeed = Geometry.squaredDistanceTo(seed);
            int[] toRivals = Geometry.squaredDistanceTo(rivals);
            for (int i = 0; i < ring.length; i++) {
                ring[i] &= !taken.data[i];
                zone[i] &= !taken.data[i] || toSeed[i] < toRivals[i];
            }
        }
        speckPx = parameters.speckAreaUm2 / (umPerPx * umPerPx);
        int limit = parameters.densityLimit;
        this.chromatin = new short[chromatin.length];
        red = new short[chromatin.length];
        for (int i = 0; i < red.length; i++) {
            this.chromatin[i] = limited(chromatin[i], limit);
            red[i] = limited(density[3 * i], limit);
        }
        short[] inner = within(this.chromatin);
        int around = new Mask(width, height, ring).count();
        medians = around == 0 ? null : new int[] {median(inner, ring, around), median(inner, seed.data, seed.count())};
    }

    private static short limited(short value, int limit) {
        return (short) Math.min(Math.max(value, 0), limit);
    }

    private int median(short[] values, boolean[] mask, int number) {
        int[] counts = new int[parameters.densityLimit + 1];
        for (int i = 0; i < values.length; i++) {
            counts[values[i]] += mask[i] ? 1 : 0;
        }
        return Stain.lowerMedian(counts, number);
    }

    private Mask within(Mask view) {
        boolean[] part = new boolean[width * height];
        for (int y = 0; y < height; y++) {
            System.arraycopy(view.data, (top + y) * view.width + left, part, y * width, width);
        }
        return new Mask(width, height, part);
    }

    private short[] within(short[] view) {
        short[] part = new short[width * height];
        for (int y = 0; y < height; y++) {
            System.arraycopy(view, (top + y) * own.width + left, part, y * width, width);
        }
        return part;
    }

    /**
     * The nucleus before its cell is outlined: its edge lies between its density and that of what surrounds it; as first
     * found where no such edge exists.
     */
    Mask guess() {
        if (medians == null) {
            return own;
        }
        Mask nucleus = above(chromatin, between(medians[0], medians[1], parameters.levelPercent));
        return meetsOwn(nucleus) ? nucleus : own;
    }

    /**
     * The nucleus of an outlined cell: its edge lies between the densities of nucleus and cytoplasm; as it was guessed
     * where no such edge exists.
     *
     * <p>Chromatin density parts the two in most cells. An eosinophil's granules absorb as much green as its nucleus, and
     * blue cytoplasm passes as much blue, but both let red pass: where red density parts them better, it is taken. A cell
     * that neither parts is nucleus throughout, as many a blast is: its classes would be two shades of chromatin.
     *
     * @param cell the cell in its view
     */
    Mask nucleusOf(Mask cell) {
        Otsu byChromatin = classes(chromatin, cell);
        Otsu byRed = classes(red, cell);
        if (Math.max(byChromatin.explained, byRed.explained) <= parameters.explainedPercent / 100.0) {
            return guess();
        }
        Mask nucleus;
        if (byRed.explained > Math.max(byChromatin.explained, parameters.redExplainedPercent / 100.0)) {
            nucleus = above(red, between(byRed.low, byRed.high, parameters.classLevelPercent));
        } else {
            int level = between(byChromatin.low, byChromatin.high, parameters.classLevelPercent);
            if (medians != null) {
                level = Math.min(level, between(medians[0], medians[1], parameters.highestLevelPercent));
            }
            nucleus = above(chromatin, level);
        }
        return meetsOwn(nucleus) ? nucleus : guess();
    }

    /** The classes of a cell's densities: within it there is nothing but nucleus and cytoplasm. */
    private Otsu classes(short[] stain, Mask cell) {
        int[] counts = new int[parameters.densityLimit + 1];
        for (int i = 0; i < stain.length; i++) {
            counts[stain[i]] += cell.data[i] ? 1 : 0;
        }
        return Otsu.classes(counts);
    }

    private boolean meetsOwn(Mask nucleus) {
        for (int i = 0; i < nucleus.data.length; i++) {
            if (nucleus.data[i] && own.data[i]) {
                return true;
            }
        }
        return false;
    }

    /** The part of the zone above a density. */
    private Mask above(short[] stain, int level) {
        int[] total = Filters.boxSum(within(stain), width, height, 3, Border.REFLECT_101);
        boolean[] part = new boolean[total.length];
        for (int i = 0; i < part.length; i++) {
            part[i] = zone[i] && total[i] > 9 * level;
        }
        // Pieces below an area are dropped (8 neighbours), and holes below it filled (4 neighbours).
        boolean[] filled = inverse(atLeast(inverse(atLeast(part, 8)), 4));
        boolean[] nucleus = new boolean[own.data.length];
        for (int y = 0; y < height; y++) {
            System.arraycopy(filled, y * width, nucleus, (top + y) * own.width + left, width);
        }
        return new Mask(own.width, own.height, nucleus);
    }

    private static int between(double low, double high, int percent) {
        return (int) (low + (high - low) * percent / 100);
    }

    /** The connected pieces that are no specks. */
    private boolean[] atLeast(boolean[] mask, int connectivity) {
        Components pieces = Components.of(mask, width, height, connectivity);
        int[] areas = pieces.areas();
        boolean[] large = new boolean[mask.length];
        for (int i = 0; i < large.length; i++) {
            large[i] = mask[i] && areas[pieces.labels[i]] >= speckPx;
        }
        return large;
    }

    private static boolean[] inverse(boolean[] mask) {
        boolean[] rest = new boolean[mask.length];
        for (int i = 0; i < rest.length; i++) {
            rest[i] = !mask[i];
        }
        return rest;
    }
}
