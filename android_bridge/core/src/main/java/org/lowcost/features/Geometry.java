package org.lowcost.features;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.lowcost.raster.Components;
import org.lowcost.raster.ConvexHull;
import org.lowcost.raster.Mask;

/**
 * Plane geometry of a binary region. Counts and squared distances are integers; whatever is divided or rooted is done in
 * double, once, at the end.
 */
final class Geometry {
    /** Points at equal arc length into which an outline is resampled. */
    static final int OUTLINE_POINTS = 128;

    /** Empty px kept around a region, so that small windows never meet the edge of an array. */
    static final int BORDER = 2;

    private Geometry() {}

    /** Returns the bounding box of a mask that is not empty, widened by {@code border} px. */
    static Window boundingWindow(Mask mask, int border) {
        int left = mask.width;
        int right = -1;
        int top = -1;
        int bottom = -1;
        for (int y = 0, i = 0; y < mask.height; y++) {
            for (int x = 0; x < mask.width; x++, i++) {
                if (mask.data[i]) {
                    left = Math.min(left, x);
                    right = Math.max(right, x);
                    top = top < 0 ? y : top;
                    bottom = y;
                }
            }
        }
        return new Window(
                left - border, top - border, right - left + 1 + 2 * border, bottom - top + 1 + 2 * border);
    }

    /** A copy of a part of a mask. */
    static Mask cut(Mask mask, Window window) {
        boolean[] part = new boolean[window.width * window.height];
        for (int y = 0; y < window.height; y++) {
            int from = (window.top + y) * mask.width + window.left;
            System.arraycopy(mask.data, from, part, y * window.width, window.width);
        }
        return new Mask(window.width, window.height, part);
    }

    /**
     * Returns the length of a region's outline in px.
     *
     * <p>Border pixels (those with a 4-neighbour outside) count 1, (1 + sqrt 2) / 2 or sqrt 2 by how many of their edge
     * and corner neighbours are border pixels too (Benkrid and Crookes 2000).
     *
     * @param mask the region, with at least one px of margin
     */
    static double perimeter(Mask mask) {
        int width = mask.width;
        boolean[] in = mask.data;
        byte[] border = new byte[in.length];
        for (int i = width; i < border.length - width; i++) {
            boolean inside = in[i - width] && in[i - 1] && in[i + 1] && in[i + width];
            border[i] = (byte) (in[i] && !inside ? 1 : 0);
        }
        int straight = 0;
        int slanted = 0;
        int mixed = 0;
        for (int i = width; i < border.length - width; i++) {
            if (border[i] == 0) {
                continue;
            }
            int edges = border[i - 1] + border[i + 1] + border[i - width] + border[i + width];
            int corners = border[i - width - 1] + border[i - width + 1] + border[i + width - 1] + border[i + width + 1];
            switch (1 + 2 * edges + 10 * corners) {
                case 5:
                case 7:
                case 15:
                case 17:
                case 25:
                case 27:
                    straight++;
                    break;
                case 21:
                case 33:
                    slanted++;
                    break;
                case 13:
                case 23:
                    mixed++;
                    break;
                default:
                    break;
            }
        }
        return straight + slanted * Math.sqrt(2) + mixed * ((1 + Math.sqrt(2)) / 2);
    }

    /** Returns the corners, x and y in turn, of the convex hull of the squares of a region's pixels, at pixel edges. */
    static int[] hull(List<int[]> contours) {
        int count = 0;
        for (int[] contour : contours) {
            count += contour.length;
        }
        int[] points = new int[count];
        int used = 0;
        for (int[] contour : contours) {
            System.arraycopy(contour, 0, points, used, contour.length);
            used += contour.length;
        }
        // The squares of the corners among pixel centres reach as far as all of them.
        int[] centres = ConvexHull.of(points);
        int[] squares = new int[4 * centres.length];
        for (int i = 0; i < centres.length; i += 2) {
            for (int corner = 0; corner < 4; corner++) {
                squares[4 * i + 2 * corner] = centres[i] + (corner & 1);
                squares[4 * i + 2 * corner + 1] = centres[i + 1] + (corner >> 1);
            }
        }
        return ConvexHull.of(squares);
    }

    /** Returns points at equal arc length along a closed outline: x of all of them, then y of all. */
    static double[][] resampled(int[] points) {
        int count = points.length / 2;
        double[] travelled = new double[count + 1];
        for (int i = 0; i < count; i++) {
            int next = (i + 1) % count;
            double along = points[2 * next] - points[2 * i];
            double down = points[2 * next + 1] - points[2 * i + 1];
            travelled[i + 1] = travelled[i] + Math.sqrt(along * along + down * down);
        }
        double step = travelled[count] / OUTLINE_POINTS;
        double[][] found = new double[2][OUTLINE_POINTS];
        for (int i = 0, before = 0; i < OUTLINE_POINTS; i++) {
            double at = i * step;
            while (before < count - 1 && travelled[before + 1] <= at) {
                before++;
            }
            int next = (before + 1) % count;
            double length = travelled[before + 1] - travelled[before];
            for (int axis = 0; axis < 2; axis++) {
                double from = points[2 * before + axis];
                double slope = length > 0 ? (points[2 * next + axis] - from) / length : 0;
                found[axis][i] = slope * (at - travelled[before]) + from;
            }
        }
        return found;
    }

    /** Returns the areas in px of components by label; 0 for label 0. */
    static int[] areas(Components parts) {
        int[] areas = parts.areas();
        areas[0] = 0;
        return areas;
    }

    /** Returns the areas in px of the 8-connected parts of at least {@code least} px, largest first. */
    static List<Integer> partAreas(Mask mask, int least) {
        List<Integer> found = new ArrayList<>();
        for (int area : areas(label(mask, 8))) {
            if (area >= least) {
                found.add(area);
            }
        }
        Collections.sort(found, Collections.reverseOrder());
        return found;
    }

    /** Numbers the connected parts of a mask. */
    static Components label(Mask mask, int connectivity) {
        return Components.of(mask.data, mask.width, mask.height, connectivity);
    }

    /** The pixels of the parts whose area is not 0. */
    static Mask kept(Components parts, int[] areas, Mask of) {
        boolean[] kept = new boolean[parts.labels.length];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = areas[parts.labels[i]] > 0;
        }
        return new Mask(of.width, of.height, kept);
    }

    /** Square roots of the values in a region, in reading order. */
    static double[] roots(int[] squared, Mask region) {
        double[] roots = new double[region.count()];
        for (int i = 0, used = 0; i < squared.length; i++) {
            if (region.data[i]) {
                roots[used++] = Math.sqrt(squared[i]);
            }
        }
        return roots;
    }

    /** The pixels of a region whose squared distance is above a limit. */
    static Mask farther(int[] squared, int limit, Mask region) {
        boolean[] found = new boolean[squared.length];
        for (int i = 0; i < found.length; i++) {
            found[i] = region.data[i] && squared[i] > limit;
        }
        return new Mask(region.width, region.height, found);
    }

    /** The pixels of one mask that are not of another. */
    static Mask without(Mask mask, Mask other) {
        boolean[] rest = new boolean[mask.data.length];
        for (int i = 0; i < rest.length; i++) {
            rest[i] = mask.data[i] && !other.data[i];
        }
        return new Mask(mask.width, mask.height, rest);
    }
}
