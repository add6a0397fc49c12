package org.lowcost.model;

/**
 * A network that was loaded: {@link TfLite}, or another runtime that gives the same bytes. Any thread may use it, each with
 * a {@link Run} of its own.
 */
public interface Network {
    /** Returns the shape of the input: 1, rows, columns, channels. */
    int[] inputShape();

    /** Returns the number of outputs. */
    int outputCount();

    /** Returns the number of values of one output. */
    int outputSize(int output);

    /** Returns the value of one unit of an output. */
    float outputScale(int output);

    /** Returns the memory in which one thread at a time can evaluate the network. */
    Run newRun();

    /** The memory of one evaluation; one thread at a time may use it, again and again. */
    interface Run {
        /**
         * Evaluates the network.
         *
         * @param input uint8 values in the order row, column, channel
         * @throws IllegalArgumentException there are too few or too many
         */
        void evaluate(byte[] input);

        /** Returns the int8 values of an output after an evaluation, in the order row, column, channel. */
        byte[] output(int output);
    }

    /** A TensorFlow Lite runtime. */
    interface Runtime {
        /** Returns its name and version, which results state. */
        String name();

        /**
         * Loads a network.
         *
         * @param model content of a {@code .tflite} file
         * @throws org.lowcost.BundleException it is damaged, or needs what the runtime does not have
         */
        Network load(byte[] model);
    }
}
