package org.lowcost.raster;

import java.util.Arrays;

/**
 * Grey and binary morphology with any structuring element; as OpenCV's {@code dilate}, {@code erode} and {@code
 * morphologyEx} give it with their default border: what lies beyond the edge is neither bright nor dark.
 */
public final class Morphology {
    private Morphology() {}

    /** The highest value under the element. */
    public static int[] dilate(int[] values, int width, int height, Element element) {
        int[] runs = element.runs;
        if (element.isRectangle) {
            return dilate(values, width, height, runs[1], runs[2], runs[0], runs[runs.length - 3]);
        }
        int[] highest = new int[values.length];
        Arrays.fill(highest, Integer.MIN_VALUE);
        int[] along = new int[values.length];
        for (int run = 0; run < runs.length; run += 3) {
            int first = runs[run + 1];
            int last = runs[run + 2];
            if (run == 0 || first != runs[run - 2] || last != runs[run - 1]) {
                dilateRows(values, width, height, first, last, along);
            }
            int down = runs[run];
            int end = Math.min(height, height - down) * width;
            raise(highest, along, Math.max(0, -down) * width, end, down * width);
        }
        return highest;
    }

    /** Raises values from {@code start} to {@code end} to those {@code shift} further on in another array. */
    private static void raise(int[] highest, int[] other, int start, int end, int shift) {
        for (int i = start; i < end; i++) {
            highest[i] = Math.max(highest[i], other[i + shift]);
        }
    }

    /** The highest values of each row from {@code first} to {@code last} px beside every pixel. */
    private static void dilateRows(int[] values, int width, int height, int first, int last, int[] highest) {
        int length = last - first + 1;
        int[] padded = new int[width + length];
        int[] spare = new int[width + length];
        int from = Math.max(0, first);
        int count = Math.max(0, Math.min(width, width + last) - from);
        for (int y = 0; y < height; y++) {
            Arrays.fill(padded, Integer.MIN_VALUE);
            if (count > 0) {
                System.arraycopy(values, y * width + from, padded, from - first, count);
            }
            System.arraycopy(highest(padded, spare, length, 1), 0, highest, y * width, width);
        }
    }

    /** The highest values of rectangles that hold their anchor. */
    private static int[] dilate(int[] values, int width, int height, int left, int right, int upper, int lower) {
        int stride = width + right - left;
        int[] padded = new int[stride * (height + lower - upper)];
        Arrays.fill(padded, Integer.MIN_VALUE);
        for (int y = 0; y < height; y++) {
            System.arraycopy(values, y * width, padded, (y - upper) * stride - left, width);
        }
        int[] spare = new int[padded.length];
        int[] found = highest(padded, spare, right - left + 1, lower - upper + 1, stride);
        int[] highest = new int[values.length];
        for (int y = 0; y < height; y++) {
            System.arraycopy(found, y * stride, highest, y * width, width);
        }
        return highest;
    }

    /** The highest of each value and those right of and below it: in {@code values} or {@code spare}, as below. */
    private static int[] highest(int[] values, int[] spare, int columns, int rows, int stride) {
        int[] along = highest(values, spare, columns, 1);
        return highest(along, along == values ? spare : values, rows, stride);
    }

    /**
     * The highest of {@code length} values, {@code step} apart, from each on: in {@code values} or {@code spare}, both of
     * which are overwritten. Each pass reads one and writes the other, for that is what compilers make fast code of.
     */
    private static int[] highest(int[] values, int[] spare, int length, int step) {
        int[] found = values;
        int[] next = spare;
        for (int covered = 1; covered < length; ) {
            int more = Math.min(covered, length - covered);
            int shift = more * step;
            int end = values.length - shift;
            for (int i = 0; i < end; i++) {
                next[i] = Math.max(found[i], found[i + shift]);
            }
            System.arraycopy(found, end, next, end, shift);
            covered += more;
            int[] read = found;
            found = next;
            next = read;
        }
        return found;
    }

    /** The lowest value under the element. */
    public static int[] erode(int[] values, int width, int height, Element element) {
        int[] lowest = dilate(inverted(values), width, height, element);
        invert(lowest, 0, lowest, 0, lowest.length);
        return lowest;
    }

    /** The highest unsigned byte under the element. */
    public static byte[] dilate(byte[] grey, int width, int height, Element element) {
        return bytes(dilate(integers(grey), width, height, element));
    }

    /** The lowest unsigned byte under the element. */
    public static byte[] erode(byte[] grey, int width, int height, Element element) {
        return bytes(erode(integers(grey), width, height, element));
    }

    /** The pixels that have one of a mask under the element. */
    public static boolean[] dilate(boolean[] mask, int width, int height, Element element) {
        return Bits.of(mask, true, width, height, element).dilated(element).mask(true);
    }

    /** The pixels that have none but those of a mask, or of beyond the edge, under the element. */
    public static boolean[] erode(boolean[] mask, int width, int height, Element element) {
        return Bits.of(mask, false, width, height, element).dilated(element).mask(false);
    }

    /** The dilation of the erosion of a mask. */
    public static boolean[] open(boolean[] mask, int width, int height, Element element) {
        Bits eroded = Bits.of(mask, false, width, height, element).dilated(element).inverted();
        return eroded.dilated(element).mask(true);
    }

    /** Unsigned bytes less their opening. */
    public static byte[] topHat(byte[] grey, int width, int height, Element element) {
        return hat(grey, 0, width, height, element);
    }

    /** The closing of unsigned bytes less these. */
    public static byte[] bottomHat(byte[] grey, int width, int height, Element element) {
        // Upside down it is the top-hat.
        return hat(grey, 0xff, width, height, element);
    }

    /** The top-hat of unsigned bytes, those bits of which are flipped that {@code flip} holds. */
    private static byte[] hat(byte[] grey, int flip, int width, int height, Element element) {
        int[] values = integers(grey);
        for (int i = 0; i < values.length; i++) {
            values[i] ^= flip;
        }
        int[] opened = open(values, width, height, element);
        for (int i = 0; i < values.length; i++) {
            opened[i] = values[i] - opened[i];
        }
        return bytes(opened);
    }

    private static int[] open(int[] values, int width, int height, Element element) {
        if (element.isRectangle) {
            int[] runs = element.runs;
            return open(values, width, height, runs[1], runs[2], runs[0], runs[runs.length - 3]);
        }
        return dilate(erode(values, width, height, element), width, height, element);
    }

    /** The same with a rectangle, in two planes. */
    private static int[] open(int[] values, int width, int height, int left, int right, int upper, int lower) {
        int stride = width + right - left;
        int[] one = new int[stride * (height + lower - upper)];
        int[] other = new int[one.length];
        Arrays.fill(one, Integer.MIN_VALUE);
        for (int y = 0; y < height; y++) {
            invert(values, y * width, one, (y - upper) * stride - left, width);
        }
        int[] eroded = highest(one, other, right - left + 1, lower - upper + 1, stride);
        int[] free = eroded == one ? other : one;
        Arrays.fill(free, Integer.MIN_VALUE);
        for (int y = 0; y < height; y++) {
            invert(eroded, y * stride, free, (y - upper) * stride - left, width);
        }
        int[] found = highest(free, eroded, right - left + 1, lower - upper + 1, stride);
        int[] opened = new int[values.length];
        for (int y = 0; y < height; y++) {
            System.arraycopy(found, y * stride, opened, y * width, width);
        }
        return opened;
    }

    /** Values in reverse order: the lowest becomes the highest. */
    private static int[] inverted(int[] values) {
        int[] inverted = new int[values.length];
        invert(values, 0, inverted, 0, values.length);
        return inverted;
    }

    private static void invert(int[] values, int from, int[] inverted, int to, int count) {
        for (int i = 0; i < count; i++) {
            inverted[to + i] = ~values[from + i];
        }
    }

    private static int[] integers(byte[] grey) {
        int[] values = new int[grey.length];
        for (int i = 0; i < grey.length; i++) {
            values[i] = grey[i] & 0xff;
        }
        return values;
    }

    private static byte[] bytes(int[] values) {
        byte[] grey = new byte[values.length];
        for (int i = 0; i < grey.length; i++) {
            grey[i] = (byte) values[i];
        }
        return grey;
    }
}
