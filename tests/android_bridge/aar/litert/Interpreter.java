package org.tensorflow.lite;

import java.nio.ByteBuffer;
import java.util.Map;
import org.lowcost.model.Network;
import org.lowcost.model.TfLite;

/** LiteRT's interpreter as it behaves, with another evaluator inside. */
public final class Interpreter {
    public static class Options {
        public Options setNumThreads(int count) {
            return this;
        }
    }

    private final Network network;
    private final Network.Run run;

    public Interpreter(ByteBuffer model, Options options) {
        if (!model.isDirect() || model.remaining() < 8) {
            throw new IllegalArgumentException("no direct buffer from its beginning");
        }
        byte[] content = new byte[model.remaining()];
        model.duplicate().get(content);
        if (content[4] != 'T') {
            throw new IllegalArgumentException("no model");
        }
        network = new TfLite(content);
        run = network.newRun();
    }

    public int getOutputTensorCount() {
        return network.outputCount();
    }

    public Tensor getInputTensor(int index) {
        int[] shape = network.inputShape();
        return tensor(shape, shape[1] * shape[2] * shape[3], 1);
    }

    public Tensor getOutputTensor(int index) {
        int size = network.outputSize(index);
        return tensor(new int[] {1, size}, size, network.outputScale(index));
    }

    public void runForMultipleInputsOutputs(Object[] inputs, Map<Integer, Object> outputs) {
        ByteBuffer input = (ByteBuffer) inputs[0];
        if (input.position() != 0 || outputs.size() != network.outputCount()) {
            throw new IllegalArgumentException("not from its beginning");
        }
        byte[] values = new byte[input.remaining()];
        input.duplicate().get(values);
        run.evaluate(values);
        for (Map.Entry<Integer, Object> entry : outputs.entrySet()) {
            ByteBuffer output = (ByteBuffer) entry.getValue();
            output.put(run.output(entry.getKey())); // it moves the buffer on, as the real one does
        }
    }

    private static Tensor tensor(int[] shape, int size, float scale) {
        return new Tensor() {
            @Override
            public int[] shape() {
                return shape.clone();
            }

            @Override
            public int numBytes() {
                return size;
            }

            @Override
            public int numElements() {
                return size;
            }

            @Override
            public QuantizationParams quantizationParams() {
                return new QuantizationParams() {
                    @Override
                    public float getScale() {
                        return scale;
                    }
                };
            }
        };
    }
}
