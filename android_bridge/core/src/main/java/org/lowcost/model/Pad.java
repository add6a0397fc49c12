package org.lowcost.model;

import java.util.Arrays;

/** A margin of zeros around every channel. */
final class Pad extends Operator {
    private final int rows;
    private final int columns;
    private final int above;
    private final int left;
    private final int outColumns;

    Pad(int input, int output, int[] shape, int above, int left, int outColumns) {
        super(input, output);
        rows = shape[1];
        columns = shape[2];
        this.above = above;
        this.left = left;
        this.outColumns = outColumns;
    }

    @Override
    void run(float[][] in, float[][] out, Scratch scratch) {
        for (int c = 0; c < in.length; c++) {
            Arrays.fill(out[c], 0.0f);
            for (int row = 0; row < rows; row++) {
                System.arraycopy(in[c], row * columns, out[c], (above + row) * outColumns + left, columns);
            }
        }
    }

    @Override
    long cost() {
        return rows * columns;
    }

    @Override
    long room() {
        return 0;
    }
}
