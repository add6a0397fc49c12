package org.lowcost.model;

/** The mean of every channel over all pixels. */
final class Mean extends Operator {
    private final int pixels;
    private final Requantization requantization;

    Mean(int input, int output, int pixels, Requantization requantization) {
        super(input, output);
        this.pixels = pixels;
        this.requantization = requantization;
    }

    @Override
    void run(float[][] in, float[][] out, Scratch scratch) {
        for (int c = 0; c < in.length; c++) {
            float sum = 0;
            for (int pixel = 0; pixel < pixels; pixel++) {
                sum += in[c][pixel];
            }
            out[c][0] = sum;
            requantization.apply(c, out[c], 1);
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
