package org.lowcost.model;

import java.util.Arrays;

/** A convolution, or with a kernel of one px a product of matrices. */
final class Convolution extends Operator {
    private final Window window;
    /** By output channel, then by input of the kernel (channel, row, column). */
    private final float[] weights;
    /** The same by input of the kernel, then by output channel. */
    private final float[][] byInput;

    private final float[] bias;
    private final Requantization requantization;
    /** Number of inputs of the kernel. */
    private final int depth;

    /** @param weights by output channel, then by row, column and channel of the kernel, as the file holds them */
    Convolution(
            int input, int output, Window window, float[] weights, int[] bias, Requantization requantization) {
        super(input, output);
        this.window = window;
        this.requantization = requantization;
        depth = weights.length / bias.length;
        this.weights = new float[weights.length];
        this.bias = new float[bias.length];
        byInput = new float[depth][bias.length];
        int places = window.kernelRows * window.kernelColumns;
        int channels = depth / places;
        for (int c = 0; c < bias.length; c++) {
            this.bias[c] = bias[c];
            for (int k = 0; k < depth; k++) {
                int ordered = k % channels * places + k / channels;
                this.weights[c * depth + ordered] = weights[c * depth + k];
                byInput[ordered][c] = weights[c * depth + k];
            }
        }
    }

    @Override
    void run(float[][] in, float[][] out, Scratch scratch) {
        if (window.isPointwise() && window.outPixels() < bias.length) {
            runByPixel(in, out, scratch);
            return;
        }
        if (window.isPointwise()) {
            for (int c = 0; c < bias.length; c++) {
                sum(c, in, out[c], window.outPixels());
            }
            return;
        }
        int count = window.spreadSize();
        float[][] phases = scratch.zeros(window.phaseCount(), window.phaseSize());
        float[][] seen = scratch.seen(depth, count);
        for (int c = 0; c < in.length; c++) {
            window.spread(in[c], phases, seen, c * window.kernelRows * window.kernelColumns);
        }
        float[] sums = scratch.sums(count);
        for (int c = 0; c < bias.length; c++) {
            sum(c, seen, sums, count);
            window.gather(sums, out[c]);
        }
    }

    @Override
    long cost() {
        return (long) window.phaseSize() * weights.length;
    }

    @Override
    long room() {
        return window.room(depth);
    }

    private void sum(int channel, float[][] seen, float[] sums, int count) {
        Arrays.fill(sums, 0, count, bias[channel]);
        Products.add(weights, channel * depth, seen, depth, sums, count);
        requantization.apply(channel, sums, count);
    }

    /** The same for few px and many channels: the inner loops, which should be long, run over channels. */
    private void runByPixel(float[][] in, float[][] out, Scratch scratch) {
        float[] values = scratch.column(depth);
        float[] sums = scratch.sums(bias.length);
        for (int pixel = 0; pixel < window.outPixels(); pixel++) {
            for (int k = 0; k < depth; k++) {
                values[k] = in[k][pixel];
            }
            System.arraycopy(bias, 0, sums, 0, bias.length);
            Products.add(values, 0, byInput, depth, sums, bias.length);
            requantization.apply(sums);
            for (int c = 0; c < bias.length; c++) {
                out[c][pixel] = sums[c];
            }
        }
    }
}
