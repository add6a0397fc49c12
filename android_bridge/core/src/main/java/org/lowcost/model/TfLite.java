package org.lowcost.model;

import org.lowcost.BundleException;
import org.lowcost.Version;

/**
 * An int8 network from a {@code .tflite} file, evaluated without any native code.
 *
 * <p>It gives the very bytes that LiteRT with XNNPACK gives. Of the operators it knows those that such networks need:
 * QUANTIZE, PAD, CONV_2D, DEPTHWISE_CONV_2D, MEAN over all pixels and FULLY_CONNECTED. A network is never changed: any
 * thread may use it, each with a {@link Run} of its own.
 */
public final class TfLite implements Network {
    /** This evaluator as a runtime. */
    public static final Runtime RUNTIME = new Runtime() {
        @Override
        public String name() {
            return "lowcost " + Version.NAME;
        }

        @Override
        public Network load(byte[] model) {
            return new TfLite(model);
        }
    };

    private final Tensor[] tensors;
    private final Operator[] operators;
    private final int input;
    private final int[] outputs;

    /**
     * Reads a network.
     *
     * @param content the file
     * @throws BundleException it is damaged, or needs what is not known here
     */
    public TfLite(byte[] content) {
        TfLiteFile file = new TfLiteFile(content);
        tensors = file.tensors;
        operators = file.operators;
        input = file.input;
        outputs = file.outputs;
    }

    @Override
    public int[] inputShape() {
        return tensors[input].shape.clone();
    }

    @Override
    public int outputCount() {
        return outputs.length;
    }

    @Override
    public int outputSize(int output) {
        return tensors[outputs[output]].size;
    }

    @Override
    public float outputScale(int output) {
        return tensors[outputs[output]].scales[0];
    }

    @Override
    public Run newRun() {
        return new Run(this);
    }

    /** The memory of one evaluation; one thread at a time may use it, again and again. */
    public static final class Run implements Network.Run {
        private final TfLite network;
        /** By tensor, channel and px; null where a tensor is constant. */
        private final float[][][] values;
        private final Scratch scratch = new Scratch();

        private Run(TfLite network) {
            this.network = network;
            values = new float[network.tensors.length][][];
            values[network.input] = network.tensors[network.input].planes();
            for (Operator operator : network.operators) {
                values[operator.output] = network.tensors[operator.output].planes();
            }
        }

        @Override
        public void evaluate(byte[] input) {
            Tensor entry = network.tensors[network.input];
            if (input.length != entry.size) {
                throw new IllegalArgumentException("expected " + entry.size + " values, got " + input.length);
            }
            float[][] planes = values[network.input];
            for (int c = 0; c < planes.length; c++) {
                for (int pixel = 0; pixel < planes[c].length; pixel++) {
                    planes[c][pixel] = (input[pixel * planes.length + c] & 255) - entry.zeroPoint();
                }
            }
            for (Operator operator : network.operators) {
                operator.run(values[operator.input], values[operator.output], scratch);
            }
        }

        @Override
        public byte[] output(int output) {
            Tensor tensor = network.tensors[network.outputs[output]];
            float[][] planes = values[network.outputs[output]];
            byte[] result = new byte[tensor.size];
            for (int i = 0; i < result.length; i++) {
                result[i] = (byte) ((int) planes[i % planes.length][i / planes.length] + tensor.zeroPoint());
            }
            return result;
        }
    }
}
