package org.lowcost.raster;

import java.util.Arrays;

/** Linear filters whose sums are integers; as OpenCV's {@code boxFilter}, {@code filter2D} and {@code Sobel} give them. */
public final class Filters {
    /** Change along x, eight times that per px; rows of 3. */
    private static final int[] SOBEL_X = {-1, 0, 1, -2, 0, 2, -1, 0, 1};

    /** Change along y. */
    private static final int[] SOBEL_Y = {-1, -2, -1, 0, 0, 0, 1, 2, 1};

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

    /**
     * Weighted sums over 3 x 3 px; the kernel is not flipped.
     *
     * @param grey unsigned bytes, row by row
     * @param width of the image, px
     * @param height of the image, px
     * @param kernel 9 weights, row by row
     * @param border what lies beyond the edge
     */
    public static int[] correlate(byte[] grey, int width, int height, int[] kernel, Border border) {
        int[] sums = new int[width * height];
        int[][] rows = new int[3][width + 2];
        for (int y = 0; y < height; y++) {
            for (int k = 0; k < 3; k++) {
                int row = border.inside(y + k - 1, height);
                for (int i = 0; i < width + 2; i++) {
                    int column = border.inside(i - 1, width);
                    rows[k][i] = row < 0 || column < 0 ? 0 : grey[row * width + column] & 0xff;
                }
            }
            for (int x = 0; x < width; x++) {
                int sum = 0;
                for (int k = 0; k < 9; k++) {
                    sum += kernel[k] * rows[k / 3][x + k % 3];
                }
                sums[y * width + x] = sum;
            }
        }
        return sums;
    }

    /** Eight times the change per px along x, the image mirrored at its edges. */
    public static int[] sobelX(byte[] grey, int width, int height) {
        return correlate(grey, width, height, SOBEL_X, Border.REFLECT_101);
    }

    /** Eight times the change per px along y, the image mirrored at its edges. */
    public static int[] sobelY(byte[] grey, int width, int height) {
        return correlate(grey, width, height, SOBEL_Y, Border.REFLECT_101);
    }
}
