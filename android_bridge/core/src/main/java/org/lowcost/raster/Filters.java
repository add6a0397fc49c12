package org.lowcost.raster;

import java.util.Arrays;

/** Linear filters whose sums are integers; as OpenCV's {@code boxFilter} gives them. */
public final class Filters {
    private Filters() {}

    /** One row of an image, whatever its type. */
    private interface Rows {
        void read(int row, int[] into);
    }

    /**
     * Sums over windows around every pixel.
     *
     * @param grey unsigned bytes, row by row
     * @param width of the image, px
     * @param height of the image, px
     * @param side edge of the window, px; odd
     * @param border what lies beyond the edge
     */
    public static int[] boxSum(final byte[] grey, final int width, int height, int side, Border border) {
        return boxSum(
                (row, into) -> {
                    for (int x = 0, from = row * width; x < width; x++, from++) {
                        into[x] = grey[from] & 0xff;
                    }
                },
                width,
                height,
                side,
                border);
    }

    /** Sums over windows around every pixel of 16-bit values. */
    public static int[] boxSum(final short[] values, final int width, int height, int side, Border border) {
        return boxSum(
                (row, into) -> {
                    for (int x = 0, from = row * width; x < width; x++, from++) {
                        into[x] = values[from];
                    }
                },
                width,
                height,
                side,
                border);
    }

    /** Sums over windows around every pixel of integers. */
    public static int[] boxSum(final int[] values, final int width, int height, int side, Border border) {
        return boxSum(
                (row, into) -> System.arraycopy(values, row * width, into, 0, width), width, height, side, border);
    }

    private static int[] boxSum(Rows source, int width, int height, int side, Border border) {
        int reach = side / 2;
        int[] columns = new int[width + 2 * reach];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = border.inside(i - reach, width);
        }
        // Sums along x of the rows in the window, the oldest one overwritten, and their sums along y.
        int[][] recent = new int[side][width];
        int[] total = new int[width];
        int[] read = new int[width];
        int[] padded = new int[columns.length];
        int[] sums = new int[width * height];
        for (int row = -reach; row < height + reach; row++) {
            int[] sum = recent[(row + reach) % side];
            for (int x = 0; x < width; x++) {
                total[x] -= sum[x];
            }
            int from = border.inside(row, height);
            if (from < 0) {
                Arrays.fill(sum, 0);
            } else {
                source.read(from, read);
                for (int i = 0; i < padded.length; i++) {
                    padded[i] = columns[i] < 0 ? 0 : read[columns[i]];
                }
                int running = 0;
                for (int i = 0; i < side - 1; i++) {
                    running += padded[i];
                }
                for (int x = 0; x < width; x++) {
                    running += padded[x + side - 1];
                    sum[x] = running;
                    running -= padded[x];
                }
            }
            for (int x = 0; x < width; x++) {
                total[x] += sum[x];
            }
            if (row >= reach) {
                System.arraycopy(total, 0, sums, (row - reach) * width, width);
            }
        }
        return sums;
    }
}
