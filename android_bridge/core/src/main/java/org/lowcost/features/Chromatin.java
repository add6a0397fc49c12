package org.lowcost.features;

import static org.lowcost.features.Distribution.mean;
import static org.lowcost.features.Distribution.ratio;
import static org.lowcost.features.Table.UM2_PER_PX;
import static org.lowcost.features.Table.UM_PER_PX;
import static org.lowcost.features.Table.px;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lowcost.raster.Components;
import org.lowcost.raster.Mask;

/** Chromatin: how dense, how coarse, how evenly spread; and the pale or blue spots that are nucleoli. */
final class Chromatin {
    private static final double[] DISTANCES = {0.25, 1.0};
    private static final double[] RADII = {0.5, 1.0};
    private static final double BLUR = 0.5;
    private static final int RIM = px(0.5) * px(0.5);

    /** A nucleolus, 1-2.5 um across, is paler in a mean over {@code SPOT} um each way than in one over this. */
    private static final double AROUND = 1.25;

    private static final double SPOT = 0.375;

    /** ... by at least this share of the nucleus's mean density. */
    private static final double SPOT_DEPTH = 0.1;

    private static final double LEAST_SPOT = 0.4 / UM2_PER_PX;

    /** Spots are sought this far (squared, px) within the nucleus: its edge is paler too. */
    private static final int INSIDE = px(1.0) * px(1.0);

    private Chromatin() {}

    /** Returns the names of the features, in order. */
    static List<String> names() {
        List<String> names = new ArrayList<>(Arrays.asList(
                "chromatin_density_red",
                "chromatin_density_green",
                "chromatin_density_blue",
                "chromatin_red_share",
                "chromatin_blue_share",
                "chromatin_cv",
                "chromatin_cv_red",
                "chromatin_skewness",
                "chromatin_p5",
                "chromatin_p95",
                "chromatin_open_share",
                "chromatin_clumped_share",
                "chromatin_blur",
                "chromatin_rim",
                "chromatin_edge"));
        for (double distance : DISTANCES) {
            for (String name : Texture.HARALICK) {
                names.add("chromatin_" + name + "_" + distance);
            }
        }
        for (int i = 0; i < Texture.PATTERNS - 1; i++) {
            names.add("chromatin_lbp_" + i);
        }
        names.add("chromatin_lbp_other");
        for (double radius : RADII) {
            names.add("chromatin_grains_" + radius);
        }
        for (double radius : RADII) {
            names.add("chromatin_gaps_" + radius);
        }
        names.addAll(Arrays.asList(
                "nucleolus_count",
                "nucleolus_area",
                "nucleolus_share",
                "nucleolus_depth",
                "nucleolus_prominence",
                "nucleolus_blueness"));
        return names;
    }

    /** Measures chromatin and nucleolus. */
    static void measure(Specimen specimen, Values values) {
        if (specimen.nucleus != null) {
            density(specimen, specimen.nucleus, values);
            texture(specimen, specimen.nucleus, values);
            nucleolus(specimen, specimen.nucleus, values);
        }
    }

    private static void density(Specimen specimen, Region nucleus, Values values) {
        Distribution red = specimen.distribution(Channel.RED, Part.NUCLEUS);
        Distribution green = specimen.distribution(Channel.GREEN, Part.NUCLEUS);
        Distribution blue = specimen.distribution(Channel.BLUE, Part.NUCLEUS);
        double total = red.mean + green.mean + blue.mean;
        Grey density = specimen.nuclear(Channel.GREEN);
        Mask inside = Geometry.farther(nucleus.inner(), RIM, nucleus.mask);
        Mask rim = Geometry.without(nucleus.mask, inside);
        values.put("chromatin_density_red", red.mean / Specimen.OD_SCALE);
        values.put("chromatin_density_green", green.mean / Specimen.OD_SCALE);
        values.put("chromatin_density_blue", blue.mean / Specimen.OD_SCALE);
        values.put("chromatin_red_share", ratio(red.mean, total));
        values.put("chromatin_blue_share", ratio(blue.mean, total));
        values.put("chromatin_cv", green.variation());
        values.put("chromatin_cv_red", red.variation());
        values.put("chromatin_skewness", green.skewness());
        values.put("chromatin_p5", ratio(green.percentile(5), green.mean));
        values.put("chromatin_p95", ratio(green.percentile(95), green.mean));
        values.put("chromatin_open_share", green.shareBelow(0.8 * green.mean));
        values.put("chromatin_clumped_share", green.shareAbove(1.2 * green.mean));
        Grey smooth = Filters.smooth(specimen.nuclearGreen(), BLUR);
        values.put("chromatin_blur", Distribution.of(smooth, nucleus.mask).variation());
        values.put("chromatin_rim", inside.count() > 0 ? ratio(mean(density, rim), mean(density, inside)) : 1);
        values.put("chromatin_edge", ratio(edge(density, nucleus), green.mean));
    }

    /** Mean central difference of green density across the outline, hundredths of OD per um. */
    private static double edge(Grey green, Region nucleus) {
        int width = green.width;
        Mask border = Geometry.without(nucleus.mask, Geometry.farther(nucleus.inner(), 1, nucleus.mask));
        double steep = 0;
        int count = 0;
        for (int i = 0; i < border.data.length; i++) {
            if (border.data[i]) {
                int upper = i - width;
                int lower = i + width;
                int corner = green.at(lower + 1) - green.at(upper - 1);
                int other = green.at(upper + 1) - green.at(lower - 1);
                int across = corner + other + 2 * (green.at(i + 1) - green.at(i - 1));
                int down = corner - other + 2 * (green.at(lower) - green.at(upper));
                steep += Math.sqrt(across * across + down * down);
                count++;
            }
        }
        return steep / count / 8 / UM_PER_PX;
    }

    private static void texture(Specimen specimen, Region nucleus, Values values) {
        Grey green = specimen.nuclear(Channel.GREEN);
        Mask mask = nucleus.mask;
        Grey levels = Texture.relativeLevels(green, mask);
        for (double distance : DISTANCES) {
            double[] found = Texture.haralick(Texture.cooccurrence(levels, mask, px(distance)));
            for (int i = 0; i < found.length; i++) {
                values.put("chromatin_" + Texture.HARALICK[i] + "_" + distance, found[i]);
            }
        }
        double[] patterns = Texture.binaryPatterns(green, mask, px(0.25));
        for (int i = 0; i < patterns.length; i++) {
            values.put("chromatin_lbp_" + (i < patterns.length - 1 ? i : "other"), patterns[i]);
        }
        Grey base = specimen.nuclearGreen();
        double density = specimen.distribution(Channel.GREEN, Part.NUCLEUS).mean;
        for (double radius : RADII) {
            values.put("chromatin_grains_" + radius, Texture.relief(Filters.topHat(base, radius), mask, density));
            values.put("chromatin_gaps_" + radius, Texture.relief(Filters.bottomHat(base, radius), mask, density));
        }
    }

    private static void nucleolus(Specimen specimen, Region nucleus, Values values) {
        Grey around = Filters.smooth(specimen.nuclearGreen(), AROUND);
        Grey spot = Filters.smooth(specimen.nuclearGreen(), SPOT);
        Mask inside = Geometry.farther(nucleus.inner(), INSIDE, nucleus.mask);
        double density = specimen.distribution(Channel.GREEN, Part.NUCLEUS).mean;
        int limit = (int) (SPOT_DEPTH * density);
        boolean[] pale = new boolean[inside.data.length];
        int palest = Integer.MIN_VALUE;
        long number = 0;
        long total = 0;
        long squares = 0;
        for (int i = 0; i < pale.length; i++) {
            if (inside.data[i]) {
                int depth = around.at(i) - spot.at(i);
                pale[i] = depth > limit;
                palest = Math.max(palest, depth);
                number++;
                total += depth;
                squares += depth * depth;
            }
        }
        Components parts = Components.of(pale, inside.width, inside.height, 8);
        int count = 0;
        int largest = 0;
        int covered = 0;
        int[] areas = Geometry.areas(parts);
        for (int part = 1; part < areas.length; part++) {
            areas[part] = areas[part] < LEAST_SPOT ? 0 : areas[part];
            count += areas[part] > 0 ? 1 : 0;
            largest = Math.max(largest, areas[part]);
            covered += areas[part];
        }
        palest = number > 0 ? palest : 0;
        double spread = number > 0 ? Math.sqrt(number * squares - total * total) / number : 0;
        double blueness = 1;
        if (count > 0) {
            double spots = mean(specimen.nuclear(Channel.RED_SHARE), Geometry.kept(parts, areas, inside));
            blueness = ratio(spots, specimen.distribution(Channel.RED_SHARE, Part.NUCLEUS).mean);
        }
        values.put("nucleolus_count", count);
        values.put("nucleolus_area", largest * UM2_PER_PX);
        values.put("nucleolus_share", covered / (double) nucleus.area);
        values.put("nucleolus_depth", ratio(palest, density));
        values.put("nucleolus_prominence", ratio(palest, spread));
        values.put("nucleolus_blueness", blueness);
    }
}
