package org.lowcost.android.litert;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.lowcost.BundleException;
import org.lowcost.model.Network;
import org.tensorflow.lite.Interpreter;

/**
 * LiteRT as the runtime of the network: the same bytes as lowcost's own, sooner.
 *
 * <p>{@code analyzer.withRuntime(new LiteRtRuntime("1.4.2"))}; the app depends on {@code
 * com.google.ai.edge.litert:litert}, whose native code the library itself does without.
 */
public final class LiteRtRuntime implements Network.Runtime {
    private final String version;

    /** @param version of the LiteRT that the app depends on, which results state */
    public LiteRtRuntime(String version) {
        this.version = version;
    }

    @Override
    public String name() {
        return "litert " + version;
    }

    @Override
    public Network load(byte[] model) {
        ByteBuffer content = ByteBuffer.allocateDirect(model.length).order(ByteOrder.nativeOrder());
        content.put(model);
        rewind(content);
        try {
            return new Loaded(new Interpreter(content, new Interpreter.Options().setNumThreads(1)));
        } catch (IllegalArgumentException | IllegalStateException error) {
            throw new BundleException.Damaged(
                    "LiteRT cannot load the bundle's network: use the bundle made for this version of lowcost", error);
        }
    }

    /** A buffer's own rewind gives another type on newer Androids than on older ones, which then do not find it. */
    private static void rewind(Buffer buffer) {
        buffer.rewind();
    }

    /** One interpreter, which one thread at a time may use. */
    private static final class Loaded implements Network {
        private final Interpreter interpreter;

        Loaded(Interpreter interpreter) {
            this.interpreter = interpreter;
        }

        @Override
        public int[] inputShape() {
            return interpreter.getInputTensor(0).shape();
        }

        @Override
        public int outputCount() {
            return interpreter.getOutputTensorCount();
        }

        @Override
        public int outputSize(int output) {
            return interpreter.getOutputTensor(output).numElements();
        }

        @Override
        public float outputScale(int output) {
            return interpreter.getOutputTensor(output).quantizationParams().getScale();
        }

        @Override
        public Run newRun() {
            final ByteBuffer input = ByteBuffer.allocateDirect(interpreter.getInputTensor(0).numBytes());
            final Map<Integer, Object> outputs = new HashMap<>();
            for (int i = 0; i < outputCount(); i++) {
                outputs.put(i, ByteBuffer.allocateDirect(outputSize(i)));
            }
            return new Run() {
                @Override
                public void evaluate(byte[] values) {
                    if (values.length != input.capacity()) {
                        throw new IllegalArgumentException(
                                "expected " + input.capacity() + " values, got " + values.length);
                    }
                    input.put(values);
                    rewind(input);
                    for (Object output : outputs.values()) {
                        rewind((ByteBuffer) output);
                    }
                    synchronized (interpreter) {
                        interpreter.runForMultipleInputsOutputs(new Object[] {input}, outputs);
                    }
                }

                @Override
                public byte[] output(int output) {
                    ByteBuffer values = (ByteBuffer) outputs.get(output);
                    byte[] copy = new byte[values.capacity()];
                    rewind(values);
                    values.get(copy);
                    return copy;
                }
            };
        }
    }
}
