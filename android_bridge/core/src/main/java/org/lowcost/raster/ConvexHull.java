package org.lowcost.raster;

import java.util.Arrays;

/** The convex hull of points with whole-number coordinates (Andrew 1979, doi:10.1016/0020-0190(79)90072-3). */
public final class ConvexHull {
    private ConvexHull() {}

    /**
     * Returns the corners of the hull, none of them on a line between two others, in order around it.
     *
     * @param points x and y of each point in turn, px, from -32768 to 32767; at least one point
     */
    public static int[] of(int[] points) {
        int count = points.length / 2;
        int[] sorted = new int[count];
        for (int i = 0; i < count; i++) {
            sorted[i] = points[2 * i] << 16 | points[2 * i + 1] + 0x8000;
        }
        Arrays.sort(sorted);
        int[] hull = new int[2 * count];
        int size = 0;
        for (int i = 0; i < count; i++) {
            size = extend(hull, size, 0, sorted[i]);
        }
        for (int i = count - 2, base = size - 1; i >= 0; i--) {
            size = extend(hull, size, base, sorted[i]);
        }
        // The way back ends where the way there began.
        size = size > 1 ? size - 1 : size;
        int[] corners = new int[2 * size];
        for (int i = 0; i < size; i++) {
            corners[2 * i] = x(hull[i]);
            corners[2 * i + 1] = y(hull[i]);
        }
        return corners;
    }

    /** Adds a point to a chain that begins at {@code base}, without those that no longer turn left. */
    private static int extend(int[] hull, int size, int base, int point) {
        int kept = size;
        if (kept > base && hull[kept - 1] == point) {
            return kept;
        }
        while (kept - base >= 2) {
            int one = hull[kept - 2];
            int other = hull[kept - 1];
            long turn = (long) (x(other) - x(one)) * (y(point) - y(one))
                    - (long) (y(other) - y(one)) * (x(point) - x(one));
            if (turn > 0) {
                break;
            }
            kept--;
        }
        hull[kept] = point;
        return kept + 1;
    }

    private static int x(int point) {
        return point >> 16;
    }

    private static int y(int point) {
        return (point & 0xffff) - 0x8000;
    }
}
