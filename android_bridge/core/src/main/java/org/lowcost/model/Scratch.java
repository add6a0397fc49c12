package org.lowcost.model;

import java.util.Arrays;

/** Room for what operators need while they run, grown to what the largest asks for. */
final class Scratch {
    private float[][] phases = {};
    private float[][] seen = {};
    private float[] sums = {};
    private float[] column = {};

    /** Returns at least so many arrays of at least so many zeros. */
    float[][] zeros(int number, int size) {
        phases = grown(phases, number, size);
        for (int i = 0; i < number; i++) {
            Arrays.fill(phases[i], 0, size, 0);
        }
        return phases;
    }

    /** Returns at least so many arrays of at least so many values. */
    float[][] seen(int number, int size) {
        seen = grown(seen, number, size);
        return seen;
    }

    /** Returns an array of at least so many values. */
    float[] sums(int size) {
        sums = sums.length >= size ? sums : new float[size];
        return sums;
    }

    /** Returns another. */
    float[] column(int size) {
        column = column.length >= size ? column : new float[size];
        return column;
    }

    private static float[][] grown(float[][] arrays, int number, int size) {
        boolean enough = arrays.length >= number && (number == 0 || arrays[0].length >= size);
        int most = arrays.length == 0 ? 0 : arrays[0].length;
        return enough ? arrays : new float[Math.max(number, arrays.length)][Math.max(size, most)];
    }
}
