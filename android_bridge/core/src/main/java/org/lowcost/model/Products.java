package org.lowcost.model;

/**
 * The inner loops: sums of values times weights, for many pixels at once.
 *
 * <p>Values, weights and sums are integers below 2^24, which floats hold exactly; floats because virtual machines turn
 * such loops, over arrays of their own, into vector instructions, and because they are rounded without a conversion.
 */
final class Products {
    /** Sums up to here, and no further, are exact. */
    static final long LARGEST = 1 << 24;

    private Products() {}

    /**
     * Adds to each of the first {@code count} sums {@code weights[first + j] * planes[j][i]} for every {@code j} below
     * {@code number}. Four products at a time, because sums are then loaded and stored less often.
     */
    static void add(float[] weights, int first, float[][] planes, int number, float[] sums, int count) {
        int j = 0;
        for (; j + 4 <= number; j += 4) {
            int place = first + j;
            add(planes[j], planes[j + 1], planes[j + 2], planes[j + 3], weights[place], weights[place + 1],
                    weights[place + 2], weights[place + 3], sums, count);
        }
        for (; j < number; j++) {
            add(planes[j], weights[first + j], sums, count);
        }
    }

    private static void add(
            float[] a, float[] b, float[] c, float[] d, float u, float v, float w, float x, float[] sums, int count) {
        for (int i = 0; i < count; i++) {
            sums[i] += u * a[i] + v * b[i] + w * c[i] + x * d[i];
        }
    }

    private static void add(float[] plane, float weight, float[] sums, int count) {
        for (int i = 0; i < count; i++) {
            sums[i] += weight * plane[i];
        }
    }
}
