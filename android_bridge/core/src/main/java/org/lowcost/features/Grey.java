package org.lowcost.features;

import java.util.Arrays;

/** A plane of unsigned bytes, row by row. */
final class Grey {
    final int width;
    final int height;
    final byte[] data;

    Grey(int width, int height, byte[] data) {
        this.width = width;
        this.height = height;
        this.data = data;
    }

    /** The value at an index into {@link #data}. */
    int at(int index) {
        return data[index] & 0xff;
    }

    /** A copy of a part of it. */
    Grey cut(Window window) {
        byte[] part = new byte[window.width * window.height];
        for (int y = 0; y < window.height; y++) {
            int from = (window.top + y) * width + window.left;
            System.arraycopy(data, from, part, y * window.width, window.width);
        }
        return new Grey(window.width, window.height, part);
    }

    /** A plane of one value. */
    static Grey full(int width, int height, int value) {
        byte[] data = new byte[width * height];
        Arrays.fill(data, (byte) value);
        return new Grey(width, height, data);
    }
}
