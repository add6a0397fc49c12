package org.lowcost.raster;

/**
 * Exact squared Euclidean distances (Meijster, Roerdink and Hesselink 2000, doi:10.1007/0-306-47025-X_36): the squares
 * of what OpenCV's {@code distanceTransform} gives with {@code DIST_L2} and {@code DIST_MASK_PRECISE}.
 */
public final class Distance {
    private Distance() {}

    /**
     * Squared distance of each pixel to the nearest pixel outside a mask, px squared; what lies beyond the image's edge
     * counts as far. Where the mask is the whole image no value means anything.
     *
     * @param mask row by row
     * @param width of the mask, px
     * @param height of the mask, px
     */
    public static int[] squared(boolean[] mask, int width, int height) {
        int far = width + height;
        int[] distance = new int[width * height];
        for (int x = 0; x < width; x++) {
            distance[x] = mask[x] ? far : 0;
        }
        for (int i = width; i < distance.length; i++) {
            distance[i] = mask[i] ? Math.min(distance[i - width] + 1, far) : 0;
        }
        for (int i = distance.length - width - 1; i >= 0; i--) {
            distance[i] = Math.min(distance[i], distance[i + width] + 1);
        }
        int[] squares = new int[width];
        int[] centre = new int[width];
        int[] first = new int[width];
        for (int row = 0; row < distance.length; row += width) {
            along(distance, row, width, squares, centre, first);
        }
        return distance;
    }

    /** Turns the distances within columns of one row into squared distances in the plane. */
    private static void along(int[] distance, int row, int width, int[] squares, int[] centre, int[] first) {
        for (int x = 0; x < width; x++) {
            squares[x] = distance[row + x] * distance[row + x];
        }
        // Parabolas that are lowest somewhere, and where each begins to be.
        int top = 0;
        centre[0] = 0;
        first[0] = 0;
        for (int x = 1; x < width; x++) {
            int squared = squares[x];
            while (top >= 0) {
                int apart = first[top] - centre[top];
                int from = first[top] - x;
                if (apart * apart + squares[centre[top]] <= from * from + squared) {
                    break;
                }
                top--;
            }
            if (top < 0) {
                top = 0;
                centre[0] = x;
                first[0] = 0;
                continue;
            }
            int other = centre[top];
            int begin = 1 + (int) Division.floor(x * x - other * other + squared - squares[other], 2 * (x - other));
            if (begin < width) {
                top++;
                centre[top] = x;
                first[top] = begin;
            }
        }
        for (int x = width - 1; x >= 0; x--) {
            int apart = x - centre[top];
            distance[row + x] = apart * apart + squares[centre[top]];
            if (x == first[top]) {
                top--;
            }
        }
    }
}
