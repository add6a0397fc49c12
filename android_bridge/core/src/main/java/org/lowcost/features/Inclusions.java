package org.lowcost.features;

import static org.lowcost.features.Distribution.mean;
import static org.lowcost.features.Distribution.ratio;
import static org.lowcost.features.Table.UM2_PER_PX;
import static org.lowcost.features.Table.px;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lowcost.raster.Components;
import org.lowcost.raster.Mask;

/** Things in the cytoplasm that can be counted: red, purple and dark granules, and vacuoles. */
final class Inclusions {
    private static final double GRANULE_REACH = 0.5;
    private static final double VACUOLE_REACH = 1.0;

    /** Vacuoles lie at least this far inside the cell: a pale fringe is no vacuole, um. */
    private static final double EDGE = 0.375;

    private static final int LEAST_GRANULE = 4;
    private static final double LEAST_VACUOLE = 0.12 / UM2_PER_PX;
    private static final double LARGEST_VACUOLE = 12 / UM2_PER_PX;

    private static final List<String> VACUOLES = Arrays.asList(
            "vacuole_count",
            "vacuole_share",
            "vacuole_area",
            "vacuole_roundness",
            "vacuole_clarity",
            "vacuole_depth_mean",
            "vacuole_depth_p99",
            "vacuole_empty_share",
            "vacuole_white_share",
            "vacuole_nuclear_count");

    private Inclusions() {}

    /** Returns the names of the features, in order. */
    static List<String> names() {
        List<String> names = new ArrayList<>(Arrays.asList(
                "granule_count",
                "granule_density",
                "granule_share",
                "granule_size",
                "granule_contrast",
                "granule_red_share",
                "granule_blue_share",
                "eosin_share",
                "purple_share",
                "dark_share",
                "blue_share",
                "pink_share"));
        names.addAll(VACUOLES);
        return names;
    }

    /** Measures granules and vacuoles. */
    static void measure(Specimen specimen, Values values) {
        if (specimen.hasCytoplasm) {
            granules(specimen, values);
            stains(specimen, values);
            vacuoles(specimen, values);
        }
    }

    /** The parts of a mask of at least some px. */
    private static final class Spots {
        final Components parts;
        final int[] areas;
        final Mask mask;
        int count;
        int covered;
        int largest;

        Spots(Mask mask, double least) {
            this.mask = mask;
            parts = Geometry.label(mask, 8);
            areas = Geometry.areas(parts);
            for (int part = 1; part < areas.length; part++) {
                areas[part] = areas[part] < least ? 0 : areas[part];
                count += areas[part] > 0 ? 1 : 0;
                covered += areas[part];
                largest = Math.max(largest, areas[part]);
            }
        }

        Mask pixels() {
            return Geometry.kept(parts, areas, mask);
        }
    }

    /** The pixels of a region that are above a limit. */
    private static Mask above(Grey grey, int limit, Mask region) {
        boolean[] found = new boolean[region.data.length];
        for (int i = 0; i < found.length; i++) {
            found[i] = region.data[i] && grey.at(i) > limit;
        }
        return new Mask(region.width, region.height, found);
    }

    private static void granules(Specimen specimen, Values values) {
        double area = specimen.cytoplasmArea;
        int median = specimen.distribution(Channel.GREEN, Part.CYTOPLASM).median();
        Grey raised = specimen.topHat(Channel.GREEN, GRANULE_REACH);
        Spots spots = new Spots(above(raised, 3 * Math.max(median, 5) / 10, specimen.cytoplasm), LEAST_GRANULE);
        double[] density = specimen.means(Part.CYTOPLASM);
        double contrast = 1;
        if (spots.count > 0) {
            Mask pixels = spots.pixels();
            for (int i = 0; i < density.length; i++) {
                density[i] = mean(specimen.channel(Channel.LIGHT[i]), pixels);
            }
            contrast = ratio(density[1], median);
        }
        double total = density[0] + density[1] + density[2];
        values.put("granule_count", spots.count);
        values.put("granule_density", spots.count / (area * UM2_PER_PX));
        values.put("granule_share", spots.covered / area);
        values.put("granule_size", ratio(spots.covered, spots.count) * UM2_PER_PX);
        values.put("granule_contrast", contrast);
        values.put("granule_red_share", ratio(density[0], total));
        values.put("granule_blue_share", ratio(density[2], total));
    }

    private static void stains(Specimen specimen, Values values) {
        Grey red = specimen.channel(Channel.RED);
        Grey green = specimen.channel(Channel.GREEN);
        Grey blue = specimen.channel(Channel.BLUE);
        double limit = Specimen.OD_MAX;
        if (specimen.nucleus != null) {
            limit = 0.8 * specimen.distribution(Channel.GREEN, Part.NUCLEUS).median();
        }
        int eosin = 0;
        int purple = 0;
        int dark = 0;
        int bluish = 0;
        int pink = 0;
        for (int i = 0; i < specimen.cytoplasm.data.length; i++) {
            if (specimen.cytoplasm.data[i]) {
                int r = red.at(i);
                int g = green.at(i);
                eosin += g > 30 && 2 * r < g && 2 * blue.at(i) > g ? 1 : 0;
                purple += g > 60 && r > 40 ? 1 : 0;
                dark += g >= limit ? 1 : 0;
                bluish += r > g ? 1 : 0;
                pink += g >= 10 && g <= 60 && 10 * r < 7 * g ? 1 : 0;
            }
        }
        double count = specimen.cytoplasmArea;
        values.put("eosin_share", eosin / count);
        values.put("purple_share", purple / count);
        values.put("dark_share", dark / count);
        values.put("blue_share", bluish / count);
        values.put("pink_share", pink / count);
    }

    private static void vacuoles(Specimen specimen, Values values) {
        Mask cytoplasm = Geometry.farther(specimen.cell.inner(), px(EDGE) * px(EDGE), specimen.cytoplasm);
        double area = cytoplasm.count();
        if (area == 0) {
            for (String name : VACUOLES) {
                values.put(name, 0);
            }
            return;
        }
        Grey mean = specimen.channel(Channel.MEAN);
        Distribution density = Distribution.of(mean, cytoplasm);
        int median = Math.max(density.median(), 1);
        Grey depth = Filters.bottomHat(specimen.levelled(Channel.MEAN), VACUOLE_REACH);
        Spots spots = new Spots(above(depth, 35 * median / 100, cytoplasm), LEAST_VACUOLE);
        Distribution within = Distribution.of(depth, cytoplasm);
        double roundness = 0;
        double clarity = 0;
        if (spots.count > 0) {
            int across = across(spots);
            roundness = spots.largest * 4 / (Math.PI * across * across);
            int palest = Distribution.of(mean, spots.pixels()).lowest();
            clarity = 1 - Math.min(palest / (double) median, 1);
        }
        values.put("vacuole_count", spots.count);
        values.put("vacuole_share", spots.covered / area);
        values.put("vacuole_area", spots.largest * UM2_PER_PX);
        values.put("vacuole_roundness", roundness);
        values.put("vacuole_clarity", clarity);
        values.put("vacuole_depth_mean", within.mean / median);
        values.put("vacuole_depth_p99", within.percentile(99) / (double) median);
        values.put("vacuole_empty_share", density.shareBelow(median / 2.0));
        values.put("vacuole_white_share", density.shareBelow(10));
        values.put("vacuole_nuclear_count", nuclearVacuoles(specimen));
    }

    /** Longer side of the largest spot's bounding box, px; of equals the roundest. */
    private static int across(Spots spots) {
        int[] boxes = spots.parts.boxes();
        int across = Integer.MAX_VALUE;
        for (int part = 1; part < spots.areas.length; part++) {
            if (spots.areas[part] == spots.largest) {
                int box = 4 * (part - 1);
                across = Math.min(across, Math.max(boxes[box + 2] - boxes[box], boxes[box + 3] - boxes[box + 1]));
            }
        }
        return across;
    }

    private static int nuclearVacuoles(Specimen specimen) {
        if (specimen.nucleus == null) {
            return 0;
        }
        int limit = (specimen.distribution(Channel.GREEN, Part.NUCLEUS).median() + 1) / 2;
        // The nucleus with its holes, since a vacuole lying over it may have been cut out of the mask; not its fringe.
        Mask deep = Filters.eroded(specimen.nucleus.filled(), EDGE);
        Grey green = specimen.nuclear(Channel.GREEN);
        boolean[] pale = new boolean[deep.data.length];
        for (int i = 0; i < pale.length; i++) {
            pale[i] = deep.data[i] && green.at(i) < limit;
        }
        int count = 0;
        for (int area : new Spots(new Mask(deep.width, deep.height, pale), LEAST_VACUOLE).areas) {
            count += area > 0 && area <= LARGEST_VACUOLE ? 1 : 0;
        }
        return count;
    }
}
