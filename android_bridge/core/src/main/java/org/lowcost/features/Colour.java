package org.lowcost.features;

import static org.lowcost.features.Distribution.ratio;
import static org.lowcost.features.Table.WHITE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lowcost.raster.Mask;

/** Colour of the nucleus against its surroundings, and of the whole cell: ratios that a change of light leaves alone. */
final class Colour {
    private static final int[] PERCENTILES = {10, 90};
    private static final Channel[] SHARES = {Channel.RED_SHARE, Channel.BLUE_SHARE};

    private Colour() {}

    /** Returns the names of the features, in order. */
    static List<String> names() {
        List<String> names = new ArrayList<>();
        for (String name : new String[] {"hull_ratio", "hull_rest", "density_ratio"}) {
            addForLight(names, name);
        }
        names.addAll(Arrays.asList("red_share_gap", "blue_share_gap"));
        for (String name : new String[] {"cell", "cell_density", "cell_density_cv"}) {
            addForLight(names, name);
        }
        names.addAll(Arrays.asList("cell_red_share", "cell_blue_share"));
        for (Channel c : SHARES) {
            for (int p : PERCENTILES) {
                names.add("cell_" + c.label + "_p" + p);
            }
        }
        return names;
    }

    private static void addForLight(List<String> names, String name) {
        for (Channel c : Channel.LIGHT) {
            names.add(name + "_" + c.label);
        }
    }

    /** Measures colour. */
    static void measure(Specimen specimen, Values values) {
        if (specimen.nucleus != null) {
            nuclear(specimen, specimen.nucleus, values);
        }
        whole(specimen, values);
    }

    private static void nuclear(Specimen specimen, Region nucleus, Values values) {
        Mask hull = nucleus.hullMask();
        double hullArea = hull.count();
        for (Channel c : Channel.LIGHT) {
            Distribution inner = specimen.distribution(c.value(), Part.NUCLEUS);
            long outer = Distribution.total(specimen.nuclear(c.value()), hull);
            double rest = hullArea - inner.n;
            values.put("hull_ratio_" + c.label, ratio(inner.mean, outer / hullArea));
            values.put(
                    "hull_rest_" + c.label,
                    rest == 0 ? 1 : (outer - inner.total) / rest / Math.max(inner.mean, 1));
        }
        if (!specimen.hasCytoplasm) {
            return;
        }
        double[] dense = specimen.means(Part.NUCLEUS);
        double[] pale = specimen.means(Part.CYTOPLASM);
        for (int i = 0; i < dense.length; i++) {
            values.put("density_ratio_" + Channel.LIGHT[i].label, ratio(pale[i], dense[i]));
        }
        values.put("red_share_gap", gap(specimen, Channel.RED));
        values.put("blue_share_gap", gap(specimen, Channel.BLUE));
    }

    /** A channel's share of the nucleus's density minus that of the cytoplasm's. */
    private static double gap(Specimen specimen, Channel channel) {
        long dense = Math.max(total(specimen, Part.NUCLEUS), 1);
        long pale = Math.max(total(specimen, Part.CYTOPLASM), 1);
        long one = specimen.distribution(channel, Part.NUCLEUS).total * pale;
        long other = specimen.distribution(channel, Part.CYTOPLASM).total * dense;
        // In whole numbers to the end, so that equal shares differ by nothing.
        return (one - other) / (double) (dense * pale);
    }

    private static long total(Specimen specimen, Part part) {
        long total = 0;
        for (Channel c : Channel.LIGHT) {
            total += specimen.distribution(c, part).total;
        }
        return total;
    }

    private static void whole(Specimen specimen, Values values) {
        for (Channel c : Channel.LIGHT) {
            Distribution density = specimen.distribution(c, Part.CELL);
            values.put("cell_" + c.label, specimen.distribution(c.value(), Part.CELL).mean / WHITE);
            values.put("cell_density_" + c.label, density.mean / Specimen.OD_SCALE);
            values.put("cell_density_cv_" + c.label, density.variation());
        }
        double[] means = specimen.means(Part.CELL);
        double total = means[0] + means[1] + means[2];
        values.put("cell_red_share", ratio(means[0], total));
        values.put("cell_blue_share", ratio(means[2], total));
        for (Channel c : SHARES) {
            Distribution shares = specimen.distribution(c, Part.CELL);
            for (int p : PERCENTILES) {
                values.put("cell_" + c.label + "_p" + p, shares.percentile(p) / 255.0);
            }
        }
    }
}
