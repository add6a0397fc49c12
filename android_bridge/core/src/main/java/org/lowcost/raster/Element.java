package org.lowcost.raster;

/** A structuring element: symmetric, its anchor a pixel of it and in its middle. */
public final class Element {
    /** Runs of pixels as triples: row, first and last column, relative to the anchor; equal runs follow each other. */
    final int[] runs;

    /** Whether it is a rectangle that holds its anchor. */
    final boolean isRectangle;

    private Element(int[] runs) {
        this.runs = runs;
        boolean same = runs.length > 0 && runs[0] <= 0 && runs[runs.length - 3] >= 0;
        for (int i = 3; i < runs.length; i += 3) {
            same &= runs[i] == runs[i - 3] + 1 && runs[i + 1] == runs[1] && runs[i + 2] == runs[2];
        }
        isRectangle = same;
    }

    /**
     * An element of any shape.
     *
     * @param pixels {@code width * height} values, row by row
     * @param width odd
     * @param height odd
     */
    public static Element of(boolean[] pixels, int width, int height) {
        int[] found = new int[3 * pixels.length];
        int count = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                if (!pixels[y * width + x]) {
                    continue;
                }
                int first = x;
                while (x + 1 < width && pixels[y * width + x + 1]) {
                    x++;
                }
                found[count++] = y - height / 2;
                found[count++] = first - width / 2;
                found[count++] = x - width / 2;
            }
        }
        return new Element(grouped(found, count));
    }

    /** A full rectangle of odd edges, px. */
    public static Element rectangle(int width, int height) {
        int[] runs = new int[3 * height];
        for (int y = 0; y < height; y++) {
            runs[3 * y] = y - height / 2;
            runs[3 * y + 1] = -(width / 2);
            runs[3 * y + 2] = width / 2;
        }
        return new Element(runs);
    }

    /** The first {@code count} numbers with runs of the same columns brought together. */
    private static int[] grouped(int[] found, int count) {
        int[] runs = new int[count];
        boolean[] taken = new boolean[count];
        int filled = 0;
        for (int i = 0; i < count; i += 3) {
            for (int j = i; j < count; j += 3) {
                if (!taken[j] && found[j + 1] == found[i + 1] && found[j + 2] == found[i + 2]) {
                    taken[j] = true;
                    System.arraycopy(found, j, runs, filled, 3);
                    filled += 3;
                }
            }
        }
        return runs;
    }
}
