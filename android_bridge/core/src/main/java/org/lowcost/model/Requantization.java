package org.lowcost.model;

/**
 * From sums of products to int8 values, as XNNPACK does it: the sum times one float per channel, rounded half to even.
 * Values are held less their zero point throughout, so none is added.
 */
final class Requantization {
    /** Added to a float of less than 2^22 and taken off again, it leaves the rounded integer. */
    private static final float ROUNDING = 12582912f;

    private final float[] scales;
    private final float low;
    private final float high;

    /**
     * @param scales of each channel
     * @param low the least value less the zero point
     * @param high the greatest value less the zero point
     */
    Requantization(float[] scales, int low, int high) {
        this.scales = scales;
        this.low = low;
        this.high = high;
    }

    /** Turns the first sums, all of one channel, into values in their own place. */
    void apply(int channel, float[] sums, int count) {
        float scale = scales[channel];
        float least = low;
        float most = high;
        for (int i = 0; i < count; i++) {
            sums[i] = Math.min(Math.max(sums[i] * scale, least), most) + ROUNDING - ROUNDING;
        }
    }

    /** Turns the sums of all channels at one px into values in their own place. */
    void apply(float[] sums) {
        float least = low;
        float most = high;
        for (int c = 0; c < scales.length; c++) {
            sums[c] = Math.min(Math.max(sums[c] * scales[c], least), most) + ROUNDING - ROUNDING;
        }
    }
}
