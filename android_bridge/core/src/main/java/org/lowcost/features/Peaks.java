package org.lowcost.features;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.lowcost.raster.Components;
import org.lowcost.raster.Element;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Morphology;

/** Peaks of a distance map and the saddles between them: the lobes of a shape, and the necks that part them. */
final class Peaks {
    private Peaks() {}

    /** One lobe of a shape. */
    static final class Peak {
        /** Radius of its largest inscribed disc, px. */
        final double radius;

        /** Half the width of the neck over which it joins a larger lobe, px; 0 where it joins none. */
        final double saddle;

        /** Width of the neck over the width of the lobe: 0 for a separate part, near 1 for a mere bump. */
        final double neck;

        private final Lobe lobe;

        private Peak(Lobe lobe, int saddle) {
            radius = Math.sqrt(lobe.squared);
            this.saddle = saddle;
            neck = saddle / radius;
            this.lobe = lobe;
        }
    }

    /** A lobe that has joined none yet. */
    private static final class Lobe {
        final int squared;
        final int row;
        final int column;

        Lobe(int squared, int row, int column) {
            this.squared = squared;
            this.row = row;
            this.column = column;
        }
    }

    /** Highest first, then in reading order. */
    private static final Comparator<Lobe> BY_HEIGHT = (a, b) -> a.squared != b.squared
            ? Integer.compare(b.squared, a.squared)
            : a.row != b.row ? Integer.compare(a.row, b.row) : Integer.compare(a.column, b.column);

    /** The highest value among each pixel and its eight neighbours. */
    static int[] highest(int[] inner, int width, int height) {
        return Morphology.dilate(inner, width, height, Element.rectangle(3, 3));
    }

    /**
     * Finds the lobes of a shape.
     *
     * <p>The map is cut at whole radii from its highest point down. A part that appears is a lobe; where two lobes first
     * share a part, that radius is the lesser one's saddle.
     *
     * @param inner squared distance of each px of the shape to the outside, px squared; 0 outside and along the border
     * @param width of the map, px
     * @param height of the map, px
     * @param least radius below which a bump is no lobe, px; the largest lobe counts whatever its size
     * @return the largest lobe first
     */
    static List<Peak> of(int[] inner, int width, int height, double least) {
        // What appears at a radius has a px as high as all its neighbours, and reaches no further than the next radius.
        int[] highest = highest(inner, width, height);
        int most = 0;
        boolean[] appear = new boolean[width + height + 1];
        for (int i = 0; i < inner.length; i++) {
            if (inner[i] > 0 && inner[i] == highest[i]) {
                int radius = root(inner[i] - 1);
                appear[radius] = true;
                most = Math.max(most, radius);
            }
        }
        List<Lobe> alive = new ArrayList<>();
        List<Peak> found = new ArrayList<>();
        for (int radius = most; radius >= 0; radius--) {
            if (alive.size() == 1 && radius < least - 1) {
                break; // nothing to appear, nothing to meet
            }
            if (alive.size() == 1 && !appear[radius]) {
                continue;
            }
            alive = cut(inner, width, height, radius, alive, found, radius >= least - 1 || alive.isEmpty());
        }
        for (Lobe lobe : alive) {
            found.add(new Peak(lobe, 0));
        }
        Collections.sort(found, (a, b) -> BY_HEIGHT.compare(a.lobe, b.lobe));
        List<Peak> kept = new ArrayList<>();
        for (Peak peak : found) {
            if (kept.isEmpty() || peak.radius >= least) {
                kept.add(peak);
            }
        }
        return kept;
    }

    /** The lobes alive at a radius; those that join a higher one there go to {@code found}. */
    private static List<Lobe> cut(
            int[] inner, int width, int height, int radius, List<Lobe> alive, List<Peak> found, boolean appearing) {
        // A px that far from the outside is that far from the border too, and the rest need not be searched.
        Window near = new Window(radius, radius, width - 2 * radius, height - 2 * radius);
        boolean[] within = new boolean[near.width * near.height];
        for (int y = 0, i = 0; y < near.height; y++) {
            for (int x = 0, from = (y + radius) * width + radius; x < near.width; x++, from++, i++) {
                within[i] = inner[from] > radius * radius;
            }
        }
        Components parts = Geometry.label(new Mask(near.width, near.height, within), 8);
        Lobe[] leaders = new Lobe[parts.count + 1];
        // In order of height, then of reading: the higher lobe of a part survives.
        for (Lobe lobe : alive) {
            int part = parts.labels[(lobe.row - radius) * near.width + lobe.column - radius];
            if (leaders[part] == null) {
                leaders[part] = lobe;
            } else {
                found.add(new Peak(lobe, radius));
            }
        }
        if (appearing) {
            Lobe[] summits = new Lobe[parts.count + 1];
            for (int i = 0; i < within.length; i++) {
                int part = parts.labels[i];
                if (within[i] && leaders[part] == null) {
                    int row = i / near.width + radius;
                    int column = i % near.width + radius;
                    int squared = inner[row * width + column];
                    if (summits[part] == null || squared > summits[part].squared) {
                        summits[part] = new Lobe(squared, row, column);
                    }
                }
            }
            for (int part = 1; part <= parts.count; part++) {
                leaders[part] = leaders[part] == null ? summits[part] : leaders[part];
            }
        }
        List<Lobe> surviving = new ArrayList<>();
        for (Lobe lobe : leaders) {
            if (lobe != null) {
                surviving.add(lobe);
            }
        }
        Collections.sort(surviving, BY_HEIGHT);
        return surviving;
    }

    /** The whole part of a square root. */
    private static int root(int squared) {
        int root = (int) Math.sqrt(squared);
        while (root * root > squared) {
            root--;
        }
        while ((root + 1) * (root + 1) <= squared) {
            root++;
        }
        return root;
    }
}
