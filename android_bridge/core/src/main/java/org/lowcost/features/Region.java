package org.lowcost.features;

import java.util.List;
import org.lowcost.raster.Contours;
import org.lowcost.raster.Distance;
import org.lowcost.raster.Fill;
import org.lowcost.raster.Mask;

/** A non-empty binary region and the measures that several features share, each computed once. */
final class Region {
    /** The region, with at least {@link Geometry#BORDER} px around it. */
    final Mask whole;

    /** Its bounding box plus that border, within which everything else is measured. */
    final Window window;

    /** The region within its window. */
    final Mask mask;

    /** Its px. */
    final int area;

    private Moments moments;
    private double perimeter = Double.NaN;
    private List<int[]> contours;
    private int[] hull;
    private Mask hullMask;
    private double[] feret;
    private Mask filled;
    private int[] inner;
    private int[] outer;
    private double[][] outline;
    private Fourier harmonics;

    Region(Mask whole) {
        this.whole = whole;
        window = Geometry.boundingWindow(whole, Geometry.BORDER);
        mask = Geometry.cut(whole, window);
        area = mask.count();
    }

    /** Centroid, px of {@link #whole}, and principal axes. */
    Moments moments() {
        if (moments == null) {
            moments = new Moments(mask, window.left, window.top);
        }
        return moments;
    }

    /** Length of the outline, px. */
    double perimeter() {
        if (Double.isNaN(perimeter)) {
            perimeter = Geometry.perimeter(mask);
        }
        return perimeter;
    }

    /** Outer outline of each part along pixel centres, x and y in turn, px of the window. */
    private List<int[]> contours() {
        if (contours == null) {
            contours = Contours.external(mask.data, mask.width, mask.height, false);
        }
        return contours;
    }

    /** Corners of the convex hull of the pixels' squares, x and y in turn, at pixel edges. */
    private int[] hull() {
        if (hull == null) {
            hull = Geometry.hull(contours());
        }
        return hull;
    }

    /** Pixels whose centre lies in the convex hull. */
    Mask hullMask() {
        if (hullMask == null) {
            hullMask = new Mask(mask.width, mask.height, Fill.convex(hull(), mask.width, mask.height));
        }
        return hullMask;
    }

    /** Area of the convex hull, px. */
    double hullArea() {
        int[] corners = hull();
        int twice = 0;
        for (int i = 0; i < corners.length; i += 2) {
            int next = (i + 2) % corners.length;
            twice += corners[i] * corners[next + 1] - corners[i + 1] * corners[next];
        }
        return Math.abs(twice) / 2.0;
    }

    /** Length of the convex hull's outline, px. */
    double hullPerimeter() {
        int[] corners = hull();
        double length = 0;
        for (int i = 0; i < corners.length; i += 2) {
            int next = (i + 2) % corners.length;
            length += hypotenuse(corners[next] - corners[i], corners[next + 1] - corners[i + 1]);
        }
        return length;
    }

    /** Largest and smallest Feret (caliper) diameter of the hull, px. */
    double[] feret() {
        if (feret == null) {
            int[] corners = hull();
            int largest = 0;
            double smallest = Double.POSITIVE_INFINITY;
            for (int i = 0; i < corners.length; i += 2) {
                int next = (i + 2) % corners.length;
                int along = corners[next] - corners[i];
                int down = corners[next + 1] - corners[i + 1];
                int reach = 0;
                for (int j = 0; j < corners.length; j += 2) {
                    int x = corners[i] - corners[j];
                    int y = corners[i + 1] - corners[j + 1];
                    largest = Math.max(largest, x * x + y * y);
                    // Twice the area of (edge, corner) over the edge's length is the corner's distance from the edge.
                    reach = Math.max(reach, Math.abs(along * y - down * x));
                }
                smallest = Math.min(smallest, reach / hypotenuse(along, down));
            }
            feret = new double[] {Math.sqrt(largest), smallest};
        }
        return feret;
    }

    /** The region without its holes. */
    Mask filled() {
        if (filled == null) {
            filled = new Mask(mask.width, mask.height, Fill.holes(mask.data, mask.width, mask.height));
        }
        return filled;
    }

    /** Squared distance of each pixel of the window to the nearest pixel outside the region, px squared. */
    int[] inner() {
        if (inner == null) {
            inner = Distance.squared(mask.data, mask.width, mask.height);
        }
        return inner;
    }

    /** Squared radius of the largest inscribed disc, px squared. */
    int innermost() {
        int largest = 0;
        for (int squared : inner()) {
            largest = Math.max(largest, squared);
        }
        return largest;
    }

    /** Squared distance of each pixel of the whole array to the region's nearest pixel, px squared. */
    int[] outer() {
        if (outer == null) {
            boolean[] outside = new boolean[whole.data.length];
            for (int i = 0; i < outside.length; i++) {
                outside[i] = !whole.data[i];
            }
            outer = Distance.squared(outside, whole.width, whole.height);
        }
        return outer;
    }

    /** Outline of the largest part, x and y of points at equal arc length, px of the window. */
    double[][] outline() {
        if (outline == null) {
            int[] longest = contours().get(0);
            for (int[] contour : contours()) {
                // The last in reading order comes first, so it is the one of equals.
                longest = contour.length > longest.length ? contour : longest;
            }
            outline = Geometry.resampled(longest);
        }
        return outline;
    }

    /** Fourier coefficients of the outline as x + iy, scaled so that a circle of radius r has |c1| = r. */
    Fourier harmonics() {
        if (harmonics == null) {
            Fourier spectrum = Fourier.forward(outline()[0], outline()[1]);
            // The first harmonic turns with the direction of tracing; it carries the circle, so it is the larger one. Of
            // a line, traced forth and back, both are the same but for rounding.
            boolean forward = spectrum.amplitude(1) >= spectrum.amplitude(-1) * (1 - 1e-9);
            harmonics = forward ? spectrum : spectrum.reversed();
        }
        return harmonics;
    }

    private static double hypotenuse(int x, int y) {
        return Math.sqrt(x * x + y * y);
    }
}
