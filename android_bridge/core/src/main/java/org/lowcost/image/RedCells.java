package org.lowcost.image;

import org.lowcost.Scale;
import org.lowcost.Section;
import org.lowcost.json.Numbers;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Rgb;

/** The ruler that lies in every smear: its red cells, 7.2 um across; {@code lowcost.image.scale}. */
public final class RedCells {
    private RedCells() {}

    /** How red cells are measured; the bundle's section {@code scale}. */
    public static final class Parameters {
        final double redCellUm;
        final int windowPx;
        final int windowMaxPx;
        final double depthPx;
        final int purple;
        final double rimPx;
        final int points;
        final double oval;
        final double radiusMinPx;
        final double radiusFinePx;
        final double radiusMax;
        final double radiusRatio;
        final double same;
        final double clearer;
        final double bin;
        final double squeezeLeast;
        final double squeezeNoticed;
        final double squeezeGain;
        final double centreShare;
        final double gatheringLeast;
        final double outlinedLeast;
        final int outlinedRedCells;
        final double gatheringFull;
        final double distinctFull;
        final double redCellsFull;

        /** Reads the parameters. */
        public Parameters(Section section) {
            redCellUm = section.number("red_cell_um");
            windowPx = section.integer("window_px");
            windowMaxPx = section.integer("window_max_px");
            depthPx = section.number("depth_px");
            purple = section.integer("purple");
            rimPx = section.number("rim_px");
            points = section.integer("points");
            oval = section.number("oval");
            radiusMinPx = section.number("radius_min_px");
            radiusFinePx = section.number("radius_fine_px");
            radiusMax = section.number("radius_max");
            radiusRatio = section.number("radius_ratio");
            same = section.number("same");
            clearer = section.number("clearer");
            bin = section.number("bin");
            squeezeLeast = section.number("squeeze_least");
            squeezeNoticed = section.number("squeeze_noticed");
            squeezeGain = section.number("squeeze_gain");
            centreShare = section.number("centre_share");
            gatheringLeast = section.number("gathering_least");
            outlinedLeast = section.number("outlined_least");
            outlinedRedCells = section.integer("outlined_red_cells");
            gatheringFull = section.number("gathering_full");
            distinctFull = section.number("distinct_full");
            redCellsFull = section.number("red_cells_full");
            section.finish();
        }
    }

    /** The common circle of a window. */
    private static final class Circle {
        /** In px of the full image. */
        double radius;

        /** In px of the window. */
        double windowRadius;

        /** At this radius. */
        double gathering;

        /** The best gathering at other radii. */
        double elsewhere;

        /** The pixels' width over height. */
        double squeeze;

        /** Number of centres. */
        int count;

        /** Length of the outlines over that of as many circles as cover the objects. */
        double outlined;
    }

    /** Outlines without those of nuclei. */
    private static final class Outlines {
        Circles.Arcs arcs;

        /** Area of all objects, px. */
        int area;
    }

    /**
     * Measures um per px on the red cells of a field.
     *
     * @param balanced the field with its background brought to white
     * @param mask inside the round field of an eyepiece
     * @param parameters how to measure
     * @return um per px of {@code balanced}, source {@code "red cells"}; source {@code "unknown"} where the field shows
     *     no red cells to measure
     */
    public static Scale measure(Rgb balanced, Mask mask, Parameters parameters) {
        Circle circle = commonCircle(balanced, mask, parameters);
        if (circle == null
                || circle.count < parameters.outlinedRedCells && circle.outlined < parameters.outlinedLeast) {
            return new Scale(0.0, 0.0, "unknown", 0.0, 0, "no red cells to measure: give um per px");
        }
        double umPerPx = parameters.redCellUm / (2.0 * circle.radius);
        double root = Math.sqrt(circle.squeeze);
        double agreement = Math.min(1.0, circle.gathering / parameters.gatheringFull);
        double distinct = circle.gathering / Math.max(circle.elsewhere, parameters.gatheringLeast) - 1.0;
        double distinctness = Math.min(1.0, Math.max(0.0, distinct / (parameters.distinctFull - 1.0)));
        // However well they agree, one or two cells may be of an unusual size, or white.
        double number = Math.min(1.0, (circle.count + 2.0) / (parameters.redCellsFull + 2.0));
        StringBuilder note = new StringBuilder();
        if (circle.squeeze != 1.0) {
            note.append("squeezed pixels: red cells are ")
                    .append(Numbers.fixed(circle.squeeze, 2))
                    .append(" times as wide as tall");
        }
        if (circle.count < parameters.redCellsFull / 2) {
            note.append(note.length() > 0 ? "; " : "")
                    .append("few whole red cells (")
                    .append(circle.count)
                    .append("): give um per px if you know it");
        }
        double confidence = 0.5 * (agreement + distinctness) * number;
        return new Scale(umPerPx / root, umPerPx * root, "red cells", confidence, circle.count, note.toString());
    }

    /**
     * Measures um per px on the middle of a large photograph that shows no red cells when shrunk.
     *
     * @param pixels the photograph
     * @param light what was measured on it when it was shrunk
     * @param factor by how much it was shrunk
     * @param unknown what the shrunk photograph gave
     * @param parameters how to measure
     * @return um per px of {@code pixels}; {@code unknown} where no part of a less shrunk photograph shows red cells
     */
    public static Scale measureCloser(
            Rgb pixels, Illumination light, int factor, Scale unknown, Parameters parameters) {
        int height = light.mask.height;
        int width = light.mask.width;
        int finer = factor;
        while (finer > 1) {
            finer /= 2;
            int top = (pixels.height - height * finer) / 2;
            int left = (pixels.width - width * finer) / 2;
            Rgb middle = Resample.blockMean(pixels, left, top, width * finer, height * finer, finer);
            boolean[] inside = new boolean[width * height];
            for (int y = 0, i = 0; y < height; y++) {
                int row = Math.min((int) ((top + (long) finer * y) / factor), height - 1) * width;
                for (int x = 0; x < width; x++, i++) {
                    int column = Math.min((int) ((left + (long) finer * x) / factor), width - 1);
                    inside[i] = light.mask.data[row + column];
                }
            }
            Scale found = measure(light.balanceView(middle, 0.5, 0.5), new Mask(width, height, inside), parameters);
            // Larger cells would have been seen in the shrunk photograph.
            double smallest = parameters.redCellUm / (2.0 * parameters.radiusFinePx) * finer / factor;
            if (!found.source.equals("unknown") && Math.min(found.umPerPxX, found.umPerPxY) > smallest) {
                return found.enlarged(finer);
            }
        }
        return unknown;
    }

    /** The common circle on the shrunken image, or on the middle of a finer one where that shows it too small. */
    private static Circle commonCircle(Rgb balanced, Mask mask, Parameters parameters) {
        int height = mask.height;
        int width = mask.width;
        double area = (double) height * width;
        int step = Math.max(1, (int) Math.sqrt(area / parameters.windowPx));
        Circle best = null;
        double radiusMax = parameters.radiusMax * Math.min(height, width) / step;
        while (true) {
            double share = Math.min(1.0, Math.sqrt((double) parameters.windowMaxPx * step * step / area));
            int rows = (int) (height * share);
            int columns = (int) (width * share);
            int top = (height - rows) / 2;
            int left = (width - columns) / 2;
            Rgb window = Resample.blockMean(balanced, left, top, columns, rows, step);
            boolean[] inside = new boolean[window.width * window.height];
            for (int y = 0, i = 0; y < window.height; y++) {
                int from = (top + step / 2 + y * step) * width + left + step / 2;
                for (int x = 0; x < window.width; x++, i++, from += step) {
                    inside[i] = mask.data[from];
                }
            }
            Circle found = circle(window, new Mask(window.width, window.height, inside), step, radiusMax, parameters);
            // The finer image is the more exact one where both see the same circle; otherwise the clearer one is right.
            if (found != null
                    && (best == null
                            || found.radius < parameters.same * best.radius
                            || found.gathering > parameters.clearer * best.gathering)) {
                best = found;
            }
            if (step == 1 || best != null && best.windowRadius >= parameters.radiusFinePx) {
                return best;
            }
            step /= 2;
            radiusMax = 2.0 * parameters.same * parameters.radiusFinePx;
        }
    }

    /** The circle of which most outlines in a window are parts, or null where they gather nowhere. */
    private static Circle circle(Rgb window, Mask inside, int step, double radiusMax, Parameters parameters) {
        int shorter = Math.min(inside.height, inside.width);
        if (shorter < 4 * parameters.radiusMinPx) {
            return null;
        }
        Outlines outlines = arcs(window, inside, parameters);
        Circles.Arcs arcs = outlines.arcs;
        double[] radii = radii(Math.min(radiusMax, parameters.radiusMax * shorter), parameters);
        if (arcs.x.length < 2.0 * Circles.PI * parameters.radiusMinPx || radii.length < 3) {
            return null;
        }
        double[] gathering = Circles.gatherings(arcs, radii, parameters.bin);
        double squeeze = 1.0;
        double flatness = Math.min(arcs.squeeze, 1.0 / arcs.squeeze);
        if (parameters.squeezeLeast < flatness && flatness < parameters.squeezeNoticed) {
            Circles.Arcs relaxed = Circles.relaxed(arcs);
            double[] regathered = Circles.gatherings(relaxed, radii, parameters.bin);
            if (regathered[highest(regathered)] > parameters.squeezeGain * gathering[highest(gathering)]) {
                squeeze = arcs.squeeze;
                arcs = relaxed;
                gathering = regathered;
            }
        }
        int peak = highest(gathering);
        // The highest at an end of the search is no peak: beyond it may rise on.
        if (gathering[peak] < parameters.gatheringLeast || peak == 0 || peak == radii.length - 1) {
            return null;
        }
        double radius = radii[peak];
        // Vertex of the parabola through three neighbours; their ratio is close enough to 1 to step linearly.
        double before = gathering[peak - 1];
        double after = gathering[peak + 1];
        double curvature = before - 2.0 * gathering[peak] + after;
        if (curvature < 0.0) {
            radius *= 1.0 + 0.5 * (before - after) / curvature * (parameters.radiusRatio - 1.0);
        }
        Circle circle = new Circle();
        for (int i = 0, others = 0; i < radii.length; i++) {
            if (radii[i] < radius / parameters.same || radii[i] > radius * parameters.same) {
                circle.elsewhere = others++ == 0 ? gathering[i] : Math.max(circle.elsewhere, gathering[i]);
            }
        }
        circle.radius = (radius - parameters.rimPx) * parameters.oval * step;
        circle.windowRadius = radius;
        circle.gathering = gathering[peak];
        circle.squeeze = squeeze;
        circle.count = Circles.count(arcs, radius, parameters.bin, parameters.centreShare);
        circle.outlined = arcs.x.length * arcs.thinning * radius / (2.0 * outlines.area);
        return circle;
    }

    /** The radii that are tried, px. */
    private static double[] radii(double limit, Parameters parameters) {
        int count = 1;
        for (double radius = parameters.radiusMinPx * parameters.radiusRatio; radius < limit; count++) {
            radius *= parameters.radiusRatio;
        }
        double[] radii = new double[count];
        radii[0] = parameters.radiusMinPx;
        for (int i = 1; i < count; i++) {
            radii[i] = radii[i - 1] * parameters.radiusRatio;
        }
        return radii;
    }

    /** Index of the first of the highest values. */
    private static int highest(double[] values) {
        int highest = 0;
        for (int i = 1; i < values.length; i++) {
            highest = values[i] > values[highest] ? i : highest;
        }
        return highest;
    }

    /** Traces the outlines of a window, leaves out those of nuclei, and measures the area of all objects. */
    private static Outlines arcs(Rgb window, Mask inside, Parameters parameters) {
        byte[] dark = Outline.darkness(window);
        int[] counts = new int[256];
        for (int i = 0; i < dark.length; i++) {
            if (inside.data[i]) {
                counts[dark[i] & 0xff]++;
            } else {
                dark[i] = 0;
            }
        }
        int threshold = Outline.paleThreshold(counts);
        int[] sums = Outline.sum3x3(dark, window.width, window.height);
        Outline traced = Outline.trace(sums, 9 * threshold, inside);
        int[] places = traced.towards(parameters.depthPx);
        int[] purple = new int[places.length];
        int[] number = new int[511];
        for (int i = 0; i < places.length; i++) {
            int at = 3 * places[i];
            int redOrBlue = Math.min(window.data[at] & 0xff, window.data[at + 2] & 0xff);
            purple[i] = redOrBlue - (window.data[at + 1] & 0xff);
            number[purple[i] + 255]++;
        }
        int kept = purple.length;
        int limit = 255;
        if (kept > 0) {
            int least = -255;
            for (int below = number[0]; below <= purple.length / 5; below += number[least + 255]) {
                least++;
            }
            limit = least + parameters.purple;
            kept = 0;
            for (int value : purple) {
                kept += value <= limit ? 1 : 0;
            }
        }
        int thinning = Math.max(1, (kept + parameters.points - 1) / parameters.points);
        int[] chosen = new int[(kept + thinning - 1) / thinning];
        for (int i = 0, pale = 0; i < purple.length; i++) {
            if (purple[i] <= limit) {
                if (pale % thinning == 0) {
                    chosen[pale / thinning] = i;
                }
                pale++;
            }
        }
        Outlines outlines = new Outlines();
        outlines.arcs = new Circles.Arcs(
                picked(traced.x, chosen),
                picked(traced.y, chosen),
                picked(traced.u, chosen),
                picked(traced.v, chosen),
                window.width,
                window.height,
                thinning,
                traced.widthOverHeight);
        for (int sum : sums) {
            outlines.area += sum > 9 * threshold ? 1 : 0;
        }
        return outlines;
    }

    private static double[] picked(double[] values, int[] places) {
        double[] picked = new double[places.length];
        for (int i = 0; i < picked.length; i++) {
            picked[i] = values[places[i]];
        }
        return picked;
    }
}
