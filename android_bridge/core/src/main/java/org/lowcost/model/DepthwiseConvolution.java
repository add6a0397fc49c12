package org.lowcost.model;

import java.util.Arrays;

/** A convolution of every channel by itself. */
final class DepthwiseConvolution extends Operator {
    private final Window window;
    /** By channel, then by row and column of the kernel. */
    private final float[] weights;

    private final int[] bias;
    private final Requantization requantization;
    /** Number of inputs of the kernel. */
    private final int depth;

    /** @param weights by row and column of the kernel, then by channel, as the file holds them */
    DepthwiseConvolution(
            int input, int output, Window window, float[] weights, int[] bias, Requantization requantization) {
        super(input, output);
        this.window = window;
        this.bias = bias;
        this.requantization = requantization;
        depth = window.kernelRows * window.kernelColumns;
        this.weights = new float[weights.length];
        for (int k = 0; k < depth; k++) {
            for (int c = 0; c < bias.length; c++) {
                this.weights[c * depth + k] = weights[k * bias.length + c];
            }
        }
    }

    @Override
    void run(float[][] in, float[][] out, Scratch scratch) {
        float[][] phases = scratch.zeros(window.phaseCount(), window.phaseSize());
        int count = window.spreadSize();
        float[][] seen = scratch.seen(depth, count);
        float[] sums = scratch.sums(count);
        for (int c = 0; c < bias.length; c++) {
            window.spread(in[c], phases, seen, 0);
            Arrays.fill(sums, 0, count, bias[c]);
            Products.add(weights, c * depth, seen, depth, sums, count);
            requantization.apply(c, sums, count);
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
}
