package org.lowcost.features;

import static org.lowcost.features.Table.UM_PER_PX;
import static org.lowcost.features.Table.px;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.lowcost.raster.Components;
import org.lowcost.raster.Mask;

/** Lobes, waists, bays and holes of the nucleus: what tells a segmented nucleus from a band, a kidney and a disc. */
final class Lobes {
    /** Two lobes count as two where the neck between them is narrower than this per cent of the lesser lobe. */
    private static final int[] NECKS = {50, 65, 80};

    /** Inner radius below which a bump is no lobe, px. */
    private static final double LEAST_LOBE = 0.625 / UM_PER_PX;

    /** Lobes with a neck narrower than this share of their own width are measured. */
    private static final double DISTINCT = 0.8;

    /** Squared radius, px, by which the nucleus is worn down to see into how many parts it falls. */
    private static final int WORN = (int) Math.rint((0.5 / UM_PER_PX) * (0.5 / UM_PER_PX));

    /** What is denser than this per cent of the nucleus's median stands out from the pale seams of touching lobes. */
    private static final int DENSE = 85;

    private static final int LEAST_PART = px(0.4) * px(0.4);
    private static final int LEAST_DENSE = px(1.0) * px(1.0);
    private static final int BAYS = 3;

    private Lobes() {}

    /** Returns the names of the features, in order. */
    static List<String> names() {
        List<String> names = new ArrayList<>(
                Arrays.asList("nucleus_parts", "nucleus_second_part", "nucleus_parts_worn"));
        for (int neck : NECKS) {
            names.add("nucleus_lobes_" + neck);
        }
        names.addAll(Arrays.asList(
                "nucleus_neck_2",
                "nucleus_neck_3",
                "nucleus_neck_width",
                "nucleus_lobe_second",
                "nucleus_lobe_third",
                "nucleus_dense_parts",
                "nucleus_dense_second",
                "nucleus_ridge_width_mean",
                "nucleus_ridge_width_cv",
                "nucleus_ridge_width_low",
                "nucleus_fibre_length",
                "nucleus_fibre_width",
                "nucleus_bandness"));
        for (int i = 1; i <= BAYS; i++) {
            names.add("nucleus_bay_depth_" + i);
        }
        for (int i = 1; i <= BAYS; i++) {
            names.add("nucleus_bay_area_" + i);
        }
        names.addAll(Arrays.asList("nucleus_bays", "nucleus_bay_sharpness", "nucleus_holes"));
        return names;
    }

    /** Measures lobes and indentation. */
    static void measure(Specimen specimen, Values values) {
        Region nucleus = specimen.nucleus;
        if (nucleus != null) {
            parts(nucleus, values);
            lobes(nucleus, values);
            denseParts(specimen, nucleus, values);
            ridge(nucleus, values);
            bays(nucleus, values);
        }
    }

    private static void parts(Region nucleus, Values values) {
        List<Integer> areas = Geometry.partAreas(nucleus.mask, LEAST_PART);
        Mask worn = Geometry.farther(nucleus.inner(), WORN, nucleus.mask);
        values.put("nucleus_parts", areas.size());
        values.put("nucleus_second_part", areas.size() > 1 ? areas.get(1) / (double) nucleus.area : 0);
        values.put("nucleus_parts_worn", Geometry.partAreas(worn, LEAST_PART / 2).size());
    }

    private static void lobes(Region nucleus, Values values) {
        List<Peaks.Peak> others =
                Peaks.of(nucleus.inner(), nucleus.mask.width, nucleus.mask.height, LEAST_LOBE);
        Peaks.Peak largest = others.remove(0);
        Collections.sort(others, (a, b) -> Double.compare(a.neck, b.neck));
        List<Double> sizes = new ArrayList<>();
        for (Peaks.Peak peak : others) {
            if (peak.neck < DISTINCT) {
                sizes.add(peak.radius);
            }
        }
        Collections.sort(sizes, Collections.reverseOrder());
        for (int limit : NECKS) {
            int count = 1;
            for (Peaks.Peak peak : others) {
                count += peak.neck * 100 < limit ? 1 : 0;
            }
            values.put("nucleus_lobes_" + limit, count);
        }
        values.put("nucleus_neck_2", others.size() > 0 ? others.get(0).neck : 1);
        values.put("nucleus_neck_3", others.size() > 1 ? others.get(1).neck : 1);
        values.put("nucleus_neck_width", 2 * UM_PER_PX * (others.isEmpty() ? largest.radius : others.get(0).saddle));
        values.put("nucleus_lobe_second", sizes.size() > 0 ? sizes.get(0) / largest.radius : 0);
        values.put("nucleus_lobe_third", sizes.size() > 1 ? sizes.get(1) / largest.radius : 0);
    }

    private static void denseParts(Specimen specimen, Region nucleus, Values values) {
        Grey density = Filters.smooth(specimen.nuclear(Channel.GREEN), 0.25);
        int limit = DENSE * Distribution.of(density, nucleus.mask).median() / 100;
        boolean[] dense = new boolean[density.data.length];
        for (int i = 0; i < dense.length; i++) {
            dense[i] = nucleus.mask.data[i] && density.at(i) > limit;
        }
        List<Integer> areas = Geometry.partAreas(new Mask(density.width, density.height, dense), LEAST_DENSE);
        values.put("nucleus_dense_parts", areas.size());
        values.put("nucleus_dense_second", areas.size() > 1 ? areas.get(1) / (double) areas.get(0) : 0);
    }

    private static void ridge(Region nucleus, Values values) {
        int[] inner = nucleus.inner();
        int[] highest = Peaks.highest(inner, nucleus.mask.width, nucleus.mask.height);
        boolean[] ridge = new boolean[inner.length];
        for (int i = 0; i < ridge.length; i++) {
            ridge[i] = nucleus.mask.data[i] && inner[i] == highest[i];
        }
        double[] width = Geometry.roots(inner, new Mask(nucleus.mask.width, nucleus.mask.height, ridge));
        for (int i = 0; i < width.length; i++) {
            width[i] *= 2;
        }
        Arrays.sort(width);
        double perimeter = nucleus.perimeter();
        // Length and width are the roots of x^2 - (perimeter / 2) x + area; a disc has none, so its double root is taken.
        double root = Math.sqrt(Math.max(perimeter * perimeter / 4 - 4 * nucleus.area, 0));
        double length = root == 0 ? Math.sqrt(nucleus.area) : (perimeter / 2 + root) / 2;
        double breadth = root == 0 ? length : (perimeter / 2 - root) / 2;
        values.put("nucleus_ridge_width_mean", Distribution.mean(width) * UM_PER_PX);
        values.put("nucleus_ridge_width_cv", Distribution.variation(width));
        values.put("nucleus_ridge_width_low", width[width.length / 10] * UM_PER_PX);
        values.put("nucleus_fibre_length", length * UM_PER_PX);
        values.put("nucleus_fibre_width", breadth * UM_PER_PX);
        values.put("nucleus_bandness", length / Math.max(breadth, 1));
    }

    private static void bays(Region nucleus, Values values) {
        Region hull = new Region(nucleus.hullMask());
        Mask bay = Geometry.without(hull.mask, nucleus.mask);
        Components parts = Geometry.label(bay, 4);
        int[] sizes = Geometry.areas(parts);
        int[] deepest = new int[sizes.length];
        for (int i = 0; i < bay.data.length; i++) {
            int part = parts.labels[i];
            deepest[part] = part > 0 ? Math.max(deepest[part], hull.inner()[i]) : 0;
        }
        List<int[]> found = new ArrayList<>(); // depth squared and area
        for (int part = 1; part < sizes.length; part++) {
            if (sizes[part] >= LEAST_PART / 2) {
                found.add(new int[] {deepest[part], sizes[part]});
            }
        }
        Collections.sort(found, (a, b) -> a[1] - b[1]);
        double[] areas = new double[Math.max(BAYS, found.size())];
        for (int i = 0; i < found.size(); i++) {
            areas[found.size() - 1 - i] = found.get(i)[1];
        }
        Collections.sort(found, (a, b) -> a[0] != b[0] ? b[0] - a[0] : b[1] - a[1]);
        int deep = 0;
        double[] depths = new double[Math.max(BAYS, found.size())];
        for (int i = 0; i < found.size(); i++) {
            depths[i] = Math.sqrt(found.get(i)[0]) * UM_PER_PX;
            deep += depths[i] > 0.5 ? 1 : 0;
        }
        for (int i = 0; i < BAYS; i++) {
            values.put("nucleus_bay_depth_" + (i + 1), depths[i]);
            values.put("nucleus_bay_area_" + (i + 1), areas[i] / hull.area);
        }
        values.put("nucleus_bays", deep);
        values.put("nucleus_bay_sharpness", found.isEmpty() ? 0 : found.get(0)[0] / (double) found.get(0)[1]);
        values.put("nucleus_holes", (nucleus.filled().count() - nucleus.area) / (double) nucleus.area);
    }
}
