package org.lowcost.features;

import static org.lowcost.features.Table.UM2_PER_PX;
import static org.lowcost.features.Table.UM_PER_PX;
import static org.lowcost.features.Table.px;

import java.util.ArrayList;
import java.util.List;
import org.lowcost.raster.Mask;

/** Size and shape of the nucleus and of the whole cell, and how the one lies in the other. */
final class Shape {
    private static final int[] HARMONICS = {2, 3, 4, 5};

    /** Harmonics kept, either way round, when curvature is measured: the waviness of lobes and bays, not of pixels. */
    private static final int SMOOTH_HARMONICS = 12;

    /** Waviness below which there is none but rounding, over the first harmonic's. */
    private static final double LEAST_WAVE = 1e-6;

    /** Turning of the smoothed outline below which there is none but rounding, over the first harmonic's. */
    private static final double LEAST_TURN = 1e-9;

    private static final int OPENING = px(0.75);

    /** Weight of each harmonic. A raised cosine: a sharp cut would ring along straight sides. */
    private static final double[] TAPER = new double[SMOOTH_HARMONICS + 1];

    static {
        for (int k = 0; k < TAPER.length; k++) {
            TAPER[k] = 0.5 + 0.5 * Math.cos(Math.PI * k / (SMOOTH_HARMONICS + 1));
        }
    }

    private Shape() {}

    /** Returns the names of the features, in order. */
    static List<String> names() {
        List<String> names = new ArrayList<>();
        for (String what : new String[] {"nucleus", "cell"}) {
            for (String name : new String[] {
                "area", "perimeter", "circularity", "solidity", "convexity", "eccentricity", "aspect", "feret_max",
                "feret_min", "inner_radius", "inner_fill", "spread", "circle_misfit", "ellipse_misfit", "radial_cv",
                "protrusions"
            }) {
                names.add(what + "_" + name);
            }
            for (int k : HARMONICS) {
                names.add(what + "_harmonic_" + k);
            }
            for (String name : new String[] {
                "roughness", "curvature_max", "curvature_min", "bending", "concave_share", "concavities"
            }) {
                names.add(what + "_" + name);
            }
        }
        for (String name : new String[] {
            "nucleus_cell_ratio", "nucleus_cytoplasm_ratio", "nucleus_hull_cell_ratio", "nucleus_feret_ratio",
            "nucleus_offset", "nucleus_edge_gap", "nucleus_depth", "cytoplasm_area", "cytoplasm_width_mean",
            "cytoplasm_width_max", "cytoplasm_width_cv"
        }) {
            names.add(name);
        }
        return names;
    }

    /** Measures size and shape. */
    static void measure(Specimen specimen, Values values) {
        outline("cell", specimen.cell, values);
        if (specimen.nucleus == null) {
            values.put("cytoplasm_area", specimen.cell.area * UM2_PER_PX);
            return;
        }
        outline("nucleus", specimen.nucleus, values);
        place(specimen.nucleus, specimen.cell, values);
    }

    private static void outline(String what, Region region, Values values) {
        double area = region.area;
        double perimeter = Math.max(region.perimeter(), 1);
        Moments moments = region.moments();
        double narrow = moments.minor / moments.major;
        int inner = region.innermost();
        values.put(what + "_area", area * UM2_PER_PX);
        values.put(what + "_perimeter", perimeter * UM_PER_PX);
        values.put(what + "_circularity", 4 * Math.PI * area / (perimeter * perimeter));
        values.put(what + "_solidity", area / region.hullArea());
        values.put(what + "_convexity", region.hullPerimeter() / perimeter);
        values.put(what + "_eccentricity", Math.sqrt(1 - narrow * narrow));
        values.put(what + "_aspect", moments.major / moments.minor);
        values.put(what + "_feret_max", region.feret()[0] * UM_PER_PX);
        values.put(what + "_feret_min", region.feret()[1] * UM_PER_PX);
        values.put(what + "_inner_radius", Math.sqrt(inner) * UM_PER_PX);
        values.put(what + "_inner_fill", Math.PI * inner / area);
        values.put(what + "_spread", (moments.xx + moments.yy) * 2 * Math.PI / area);
        misfits(what, region, values);
        values.put(what + "_protrusions", lostByOpening(region));
        waves(what, region, values);
    }

    /** Share of the area outside the disc of equal area, and outside the ellipse of equal moments and area. */
    private static void misfits(String what, Region region, Values values) {
        Moments m = region.moments();
        Mask mask = region.mask;
        double determinant = m.xx * m.yy - m.xy * m.xy;
        // Squared Mahalanobis distance d^2; the ellipse at d has the area pi d^2 sqrt(determinant).
        double scale = Math.PI * Math.sqrt(determinant) / determinant;
        int beyondDisc = 0;
        int beyondEllipse = 0;
        for (int y = 0, i = 0; y < mask.height; y++) {
            double dy = y + (region.window.top - m.y);
            double yy = dy * dy;
            for (int x = 0; x < mask.width; x++, i++) {
                if (!mask.data[i]) {
                    continue;
                }
                double dx = x + (region.window.left - m.x);
                double xx = dx * dx;
                if (Math.PI * xx + Math.PI * yy > region.area) {
                    beyondDisc++;
                }
                double squared = 2 * scale * m.xy * -dy * dx;
                squared += scale * m.yy * xx;
                squared += scale * m.xx * yy;
                if (squared > region.area) {
                    beyondEllipse++;
                }
            }
        }
        values.put(what + "_circle_misfit", beyondDisc / (double) region.area);
        values.put(what + "_ellipse_misfit", beyondEllipse / (double) region.area);
    }

    private static double lostByOpening(Region region) {
        // What is farther than the disc's radius from the outside is left by the erosion, and what is no farther from
        // that by the dilation.
        Mask worn = Geometry.farther(region.inner(), OPENING * OPENING, region.mask);
        int left = 0;
        if (worn.count() > 0) {
            Region rest = new Region(worn);
            for (int squared : rest.outer()) {
                left += squared <= OPENING * OPENING ? 1 : 0;
            }
        }
        return 1 - left / (double) region.area;
    }

    /** Radial variation, relative harmonics, roughness and curvature of the outline. */
    private static void waves(String what, Region region, Values values) {
        Fourier spectrum = region.harmonics();
        double first = spectrum.amplitude(1);
        boolean none = first == 0; // a single px has no outline
        values.put(what + "_radial_cv", none ? 0 : Distribution.variation(radii(region)));
        for (int k : HARMONICS) {
            double share = none ? 0 : Math.hypot(spectrum.amplitude(1 + k), spectrum.amplitude(1 - k)) / first;
            values.put(what + "_harmonic_" + k, share > LEAST_WAVE ? share : 0);
        }
        double beyond = 0;
        for (int k = SMOOTH_HARMONICS + 1; k < Geometry.OUTLINE_POINTS - SMOOTH_HARMONICS; k++) {
            double amplitude = spectrum.amplitude(k);
            beyond += amplitude * amplitude;
        }
        values.put(what + "_roughness", none ? 0 : Math.sqrt(beyond) / first);
        curvature(what, spectrum, first, values);
    }

    /** Distances from the centroid to the outline, px. */
    private static double[] radii(Region region) {
        double[][] points = region.outline();
        double[] radii = new double[Geometry.OUTLINE_POINTS];
        for (int i = 0; i < radii.length; i++) {
            double dx = points[0][i] + (region.window.left - region.moments().x);
            double dy = points[1][i] + (region.window.top - region.moments().y);
            radii[i] = Math.sqrt(dx * dx + dy * dy);
        }
        return radii;
    }

    /** Signed curvature (convex positive) of the outline that the low harmonics draw. */
    private static void curvature(String what, Fourier spectrum, double first, Values values) {
        Fourier velocity = derivative(spectrum, 1);
        Fourier acceleration = derivative(spectrum, 2);
        int count = Geometry.OUTLINE_POINTS;
        double[] curvature = new double[count];
        double most = Double.NEGATIVE_INFINITY;
        double least = Double.POSITIVE_INFINITY;
        double length = 0;
        double bending = 0;
        double concave = 0;
        for (int i = 0; i < count; i++) {
            double cross = velocity.real[i] * acceleration.imaginary[i] - velocity.imaginary[i] * acceleration.real[i];
            cross = Math.abs(cross) < LEAST_TURN * (first * first) ? 0 : cross;
            double speed = Math.max(Math.hypot(velocity.real[i], velocity.imaginary[i]), 1e-6);
            curvature[i] = cross / (speed * speed * speed);
            most = Math.max(most, curvature[i]);
            least = Math.min(least, curvature[i]);
            length += speed;
            bending += curvature[i] * curvature[i] * speed;
            concave += curvature[i] < 0 ? speed : 0;
        }
        int concavities = 0;
        for (int i = 0; i < count; i++) {
            concavities += curvature[i] < 0 && curvature[(i + count - 1) % count] >= 0 ? 1 : 0;
        }
        values.put(what + "_curvature_max", most * first);
        values.put(what + "_curvature_min", least * first);
        values.put(what + "_bending", bending / length * first * first);
        values.put(what + "_concave_share", concave / length);
        values.put(what + "_concavities", concavities);
    }

    /** The smoothed outline's derivative of an order, 1 or 2, at each point. */
    private static Fourier derivative(Fourier spectrum, int order) {
        int count = Geometry.OUTLINE_POINTS;
        Fourier product = new Fourier(new double[count], new double[count]);
        for (int k = -SMOOTH_HARMONICS; k <= SMOOTH_HARMONICS; k++) {
            int i = k & count - 1;
            double weight = TAPER[Math.abs(k)];
            if (order == 1) {
                product.real[i] = -k * weight * spectrum.imaginary[i];
                product.imaginary[i] = k * weight * spectrum.real[i];
            } else {
                product.real[i] = -k * k * weight * spectrum.real[i];
                product.imaginary[i] = -k * k * weight * spectrum.imaginary[i];
            }
        }
        return product.backward();
    }

    private static void place(Region nucleus, Region cell, Values values) {
        double area = cell.area;
        int cytoplasm = cell.area - nucleus.area;
        double offset = Math.hypot(
                nucleus.moments().x - cell.moments().x, nucleus.moments().y - cell.moments().y);
        double[] depth = Geometry.roots(cell.inner(), nucleus.whole);
        double nearest = Double.POSITIVE_INFINITY;
        for (double value : depth) {
            nearest = Math.min(nearest, value);
        }
        int farthest = 0;
        for (int i = 0; i < cell.mask.data.length; i++) {
            farthest = cell.mask.data[i] ? Math.max(farthest, nucleus.outer()[i]) : farthest;
        }
        Mask border = Geometry.without(cell.mask, Geometry.farther(cell.inner(), 1, cell.mask));
        double[] width = Geometry.roots(nucleus.outer(), border);
        values.put("nucleus_cell_ratio", nucleus.area / area);
        values.put("nucleus_cytoplasm_ratio", Math.min(nucleus.area / (double) Math.max(cytoplasm, 1), 100));
        values.put("nucleus_hull_cell_ratio", nucleus.hullArea() / area);
        values.put("nucleus_feret_ratio", nucleus.feret()[0] / cell.feret()[0]);
        values.put("nucleus_offset", offset / Math.sqrt(area / Math.PI));
        values.put("nucleus_edge_gap", (nearest - 1) * UM_PER_PX);
        values.put("nucleus_depth", Distribution.mean(depth) / Math.sqrt(cell.innermost()));
        values.put("cytoplasm_area", cytoplasm * UM2_PER_PX);
        values.put("cytoplasm_width_mean", Distribution.mean(width) * UM_PER_PX);
        values.put("cytoplasm_width_max", Math.sqrt(farthest) * UM_PER_PX);
        values.put("cytoplasm_width_cv", Distribution.variation(width));
    }
}
