package org.lowcost.raster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Outer outlines of a mask's parts, as OpenCV's {@code findContours} traces them with {@code RETR_EXTERNAL} (Suzuki and
 * Abe 1985, doi:10.1016/0734-189X(85)90016-7): each begins at its part's first pixel in reading order, goes down first,
 * and the last part comes first. Parts within a hole of another have none.
 */
public final class Contours {
    /** Steps to the eight neighbours, counterclockwise from the right, y down. */
    private static final int[] STEP_X = {1, 1, 0, -1, -1, -1, 0, 1};

    private static final int[] STEP_Y = {0, -1, -1, -1, 0, 1, 1, 1};

    private static final byte UNSEEN = 1;
    private static final byte BORDER = 2;

    /** A pixel of the border with nothing to its right. */
    private static final byte RIGHT = -2;

    private final int stride;
    private final byte[] state;
    private final int[] steps = new int[8];
    private int[] points = new int[256];
    private int used;

    private Contours(boolean[] mask, int width, int height) {
        stride = width + 2;
        state = new byte[stride * (height + 2)];
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0, to = (y + 1) * stride + 1; x < width; x++, i++, to++) {
                state[to] = mask[i] ? UNSEEN : 0;
            }
        }
        for (int s = 0; s < 8; s++) {
            steps[s] = STEP_Y[s] * stride + STEP_X[s];
        }
    }

    /**
     * Traces the outlines along pixel centres.
     *
     * @param mask row by row
     * @param width of the mask, px
     * @param height of the mask, px
     * @param corners whether points within straight stretches are left out ({@code CHAIN_APPROX_SIMPLE})
     * @return x and y of each point in turn, px
     */
    public static List<int[]> external(boolean[] mask, int width, int height, boolean corners) {
        Contours contours = new Contours(mask, width, height);
        List<int[]> found = new ArrayList<>();
        byte[] state = contours.state;
        for (int row = 1; row <= height; row++) {
            int i = row * contours.stride;
            byte previous = 0;
            byte last = 0; // of the borders in this row: above 0 between a left and a right one, that is inside
            for (int x = 0; x < width; x++) {
                i++;
                if (previous == 0 && state[i] == UNSEEN && last <= 0) {
                    found.add(contours.trace(i, corners));
                }
                previous = state[i];
                if (previous != 0 && previous != UNSEEN) {
                    last = previous;
                }
            }
        }
        Collections.reverse(found);
        return found;
    }

    private int[] trace(int start, boolean corners) {
        used = 0;
        int s = 4;
        int second;
        do {
            s = s - 1 & 7;
            second = start + steps[s];
        } while (state[second] == 0 && s != 4);
        if (s == 4) {
            state[start] = RIGHT;
            add(start);
            return Arrays.copyOf(points, used);
        }
        int at = start;
        int before = s ^ 4;
        while (true) {
            int end = s;
            int next = at;
            while (s < 15) {
                next = at + steps[++s & 7];
                if (state[next] != 0) {
                    break;
                }
            }
            s &= 7;
            if (s >= 1 && s <= end) {
                state[at] = RIGHT;
            } else if (state[at] == UNSEEN) {
                state[at] = BORDER;
            }
            if (s != before || !corners) {
                add(at);
            }
            before = s;
            if (next == start && at == second) {
                return Arrays.copyOf(points, used);
            }
            at = next;
            s = s + 4 & 7;
        }
    }

    private void add(int at) {
        if (used == points.length) {
            points = Arrays.copyOf(points, 2 * used);
        }
        points[used++] = at % stride - 1;
        points[used++] = at / stride - 1;
    }
}
