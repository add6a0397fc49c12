package org.lowcost.model;

/**
 * The mean of every channel over all pixels.
 *
 * <p>XNNPACK multiplies the sum of the stored values and adds both zero points afterwards, as one rounded float:
 * where a mean lies between two results, the order of these steps decides.
 */
final class Mean extends Operator {
    private final int pixels;
    private final float scale;
    private final float offset;
    private final int zeroPointIn;
    private final int zeroPointOut;

    /** @param ratio the scale of what is read over the scale of what is written */
    Mean(int input, int output, int pixels, float ratio, int zeroPointIn, int zeroPointOut) {
        super(input, output);
        this.pixels = pixels;
        this.zeroPointIn = zeroPointIn;
        this.zeroPointOut = zeroPointOut;
        scale = ratio * (1f / pixels);
        offset = zeroPointOut - pixels * zeroPointIn * scale;
    }

    @Override
    void run(float[][] in, float[][] out, Scratch scratch) {
        for (int c = 0; c < in.length; c++) {
            float sum = pixels * zeroPointIn;
            for (int pixel = 0; pixel < pixels; pixel++) {
                sum += in[c][pixel];
            }
            float mean = Math.min(Math.max(sum * scale + offset, -128f), 127f);
            out[c][0] = (float) Math.rint(mean) - zeroPointOut;
        }
    }

    @Override
    long cost() {
        return pixels;
    }

    @Override
    long room() {
        return 0;
    }
}
