package org.lowcost.features;

import static org.lowcost.features.Distribution.mean;
import static org.lowcost.features.Distribution.ratio;
import static org.lowcost.features.Table.px;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lowcost.raster.Mask;

/** Cytoplasm: its colour and basophilia, its zones, its texture. */
final class Cytoplasm {
    private static final int[] PERCENTILES = {10, 50, 90};
    private static final int ZONE = px(0.75) * px(0.75);
    private static final double DISTANCE = 0.5;
    private static final double[] GRAINS = {0.25, 0.5};
    private static final double[] GAPS = {0.5, 1.0};
    private static final int LEAST_ZONE = px(0.5) * px(0.5);
    private static final Channel[] SHARES = {Channel.RED_SHARE, Channel.BLUE_SHARE};
    private static final Channel[] TEXTURED = {Channel.RED, Channel.GREEN};

    private Cytoplasm() {}

    /** Returns the names of the features, in order. */
    static List<String> names() {
        List<String> names = new ArrayList<>();
        for (Channel c : Channel.LIGHT) {
            names.add("cytoplasm_density_" + c.label);
        }
        for (Channel c : Channel.LIGHT) {
            for (int p : PERCENTILES) {
                names.add("cytoplasm_" + c.label + "_p" + p);
            }
        }
        for (Channel c : SHARES) {
            for (int p : PERCENTILES) {
                names.add("cytoplasm_" + c.label + "_p" + p);
            }
        }
        names.addAll(Arrays.asList("cytoplasm_red_share", "cytoplasm_blue_share"));
        for (Channel c : Channel.LIGHT) {
            names.add("cytoplasm_cv_" + c.label);
        }
        names.addAll(Arrays.asList(
                "cytoplasm_skewness",
                "cytoplasm_halo_green",
                "cytoplasm_halo_red_share",
                "cytoplasm_rim_green",
                "cytoplasm_rim_red",
                "cytoplasm_middle_red",
                "cytoplasm_middle_green",
                "cytoplasm_middle_red_share",
                "cytoplasm_middle_blue_share"));
        for (String name : Texture.HARALICK) {
            names.add("cytoplasm_" + name);
        }
        for (Channel c : TEXTURED) {
            for (double r : GRAINS) {
                names.add("cytoplasm_grains_" + c.label + "_" + r);
            }
        }
        for (Channel c : TEXTURED) {
            for (double r : GAPS) {
                names.add("cytoplasm_gaps_" + c.label + "_" + r);
            }
        }
        return names;
    }

    /** Measures the cytoplasm. */
    static void measure(Specimen specimen, Values values) {
        if (specimen.hasCytoplasm) {
            colour(specimen, values);
            zones(specimen, values);
            texture(specimen, values);
        }
    }

    private static void colour(Specimen specimen, Values values) {
        for (Channel c : Channel.LIGHT) {
            Distribution density = specimen.distribution(c, Part.CYTOPLASM);
            values.put("cytoplasm_density_" + c.label, density.mean / Specimen.OD_SCALE);
            values.put("cytoplasm_cv_" + c.label, density.variation());
            for (int p : PERCENTILES) {
                values.put("cytoplasm_" + c.label + "_p" + p, density.percentile(p) / (double) Specimen.OD_SCALE);
            }
        }
        for (Channel c : SHARES) {
            Distribution shares = specimen.distribution(c, Part.CYTOPLASM);
            for (int p : PERCENTILES) {
                values.put("cytoplasm_" + c.label + "_p" + p, shares.percentile(p) / 255.0);
            }
        }
        double[] means = specimen.means(Part.CYTOPLASM);
        values.put("cytoplasm_red_share", ratio(means[0], sum(means)));
        values.put("cytoplasm_blue_share", ratio(means[2], sum(means)));
        values.put("cytoplasm_skewness", specimen.distribution(Channel.GREEN, Part.CYTOPLASM).skewness());
    }

    private static void zones(Specimen specimen, Values values) {
        int size = specimen.cytoplasm.data.length;
        int[] edge = specimen.cell.inner();
        int[] nucleus = specimen.nucleus == null ? null : specimen.nucleus.outer();
        boolean[] halo = new boolean[size];
        boolean[] rim = new boolean[size];
        boolean[] middle = new boolean[size];
        for (int i = 0; i < size; i++) {
            if (specimen.cytoplasm.data[i]) {
                boolean near = nucleus != null && nucleus[i] <= ZONE;
                rim[i] = edge[i] <= ZONE;
                halo[i] = !rim[i] && near;
                middle[i] = !rim[i] && !near;
            }
        }
        double[] whole = specimen.means(Part.CYTOPLASM);
        double[] h = means(specimen, halo, whole);
        double[] r = means(specimen, rim, whole);
        double[] m = means(specimen, middle, whole);
        double share = ratio(whole[0], sum(whole));
        values.put("cytoplasm_halo_green", ratio(h[1], whole[1]));
        values.put("cytoplasm_halo_red_share", ratio(ratio(h[0], sum(h)), share));
        values.put("cytoplasm_rim_green", ratio(r[1], whole[1]));
        values.put("cytoplasm_rim_red", ratio(r[0], whole[0]));
        values.put("cytoplasm_middle_red", ratio(m[0], whole[0]));
        values.put("cytoplasm_middle_green", ratio(m[1], whole[1]));
        values.put("cytoplasm_middle_red_share", ratio(m[0], sum(m)));
        values.put("cytoplasm_middle_blue_share", ratio(m[2], sum(m)));
    }

    /** Mean densities of a zone; a zone too small to measure says nothing and takes the cytoplasm's own. */
    private static double[] means(Specimen specimen, boolean[] pixels, double[] whole) {
        Mask zone = new Mask(specimen.cytoplasm.width, specimen.cytoplasm.height, pixels);
        if (zone.count() < LEAST_ZONE) {
            return whole;
        }
        double[] means = new double[Channel.LIGHT.length];
        for (int i = 0; i < means.length; i++) {
            means[i] = mean(specimen.channel(Channel.LIGHT[i]), zone);
        }
        return means;
    }

    private static double sum(double[] three) {
        return three[0] + three[1] + three[2];
    }

    private static void texture(Specimen specimen, Values values) {
        Mask mask = specimen.cytoplasm;
        Grey levels = Texture.relativeLevels(specimen.channel(Channel.GREEN), mask);
        double[] found = Texture.haralick(Texture.cooccurrence(levels, mask, px(DISTANCE)));
        for (int i = 0; i < found.length; i++) {
            values.put("cytoplasm_" + Texture.HARALICK[i], found[i]);
        }
        for (Channel c : TEXTURED) {
            Grey base = specimen.levelled(c);
            double density = specimen.distribution(c, Part.CYTOPLASM).mean;
            for (double r : GRAINS) {
                double grains = Texture.relief(specimen.topHat(c, r), mask, density);
                values.put("cytoplasm_grains_" + c.label + "_" + r, grains);
            }
            for (double r : GAPS) {
                double gaps = Texture.relief(Filters.bottomHat(base, r), mask, density);
                values.put("cytoplasm_gaps_" + c.label + "_" + r, gaps);
            }
        }
    }
}
