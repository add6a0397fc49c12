package org.lowcost.model;

/** One step of a network, from one tensor to another; it holds nothing that a run changes. */
abstract class Operator {
    /** Indices of the tensors that it reads and writes. */
    final int input;

    final int output;

    Operator(int input, int output) {
        this.input = input;
        this.output = output;
    }

    /**
     * Runs the step.
     *
     * @param in values of the tensor read, each less its zero point: one array for each channel, row by row
     * @param out where the values of the tensor written go, likewise
     * @param scratch what it may write on
     */
    abstract void run(float[][] in, float[][] out, Scratch scratch);

    /** Returns about how many multiplications it takes, by which hopeless networks are refused. */
    abstract long cost();

    /** Returns how many values it writes on the scratch, by which greedy networks are refused. */
    abstract long room();
}
