package org.lowcost.model;

/** Another zero point for the same values: values are held less theirs, so nothing changes. */
final class Quantize extends Operator {
    private final int pixels;

    Quantize(int input, int output, int pixels) {
        super(input, output);
        this.pixels = pixels;
    }

    @Override
    void run(float[][] in, float[][] out, Scratch scratch) {
        for (int c = 0; c < in.length; c++) {
            System.arraycopy(in[c], 0, out[c], 0, pixels);
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
