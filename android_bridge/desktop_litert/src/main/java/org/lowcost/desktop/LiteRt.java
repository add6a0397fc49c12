package org.lowcost.desktop;

import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Arrays;

/**
 * A network evaluated by LiteRT's C library, as Python's package {@code ai_edge_litert} brings it for 64-bit desktops: what
 * the evaluator of {@code org.lowcost.model} is held against. The functions are those of version 2.1.6; others may take
 * other arguments.
 */
final class LiteRt {
    private static final int CPU = 1;
    private static final int READ = 0;
    private static final int WRITE = 1;

    /** More than a type with its shape takes. */
    private static final int TYPE_BYTES = 256;

    private final NativeLibrary library;
    /** Kept, because the network is read from it. */
    private final Memory content;

    private final Pointer environment;
    private final Pointer graph;
    private final Pointer compiled;
    private final Pointer input;
    private final Pointer[] outputs;

    /**
     * Loads a network.
     *
     * @param path the library
     * @param model content of a {@code .tflite} file
     */
    LiteRt(String path, byte[] model) {
        library = NativeLibrary.getInstance(path);
        content = new Memory(model.length);
        content.write(0, model, 0, model.length);
        environment = made("LiteRtCreateEnvironment", 0, null);
        Pointer read = made("LiteRtCreateModelFromBuffer", environment, content, (long) model.length);
        Pointer options = made("LiteRtCreateOptions");
        call("LiteRtSetOptionsHardwareAccelerators", options, CPU);
        compiled = made("LiteRtCreateCompiledModel", environment, read, options);
        graph = made("LiteRtGetModelSubgraph", read, 0L);
        LongByReference count = new LongByReference();
        call("LiteRtGetNumSubgraphOutputs", graph, count);
        input = buffer("Input", 0);
        outputs = new Pointer[(int) count.getValue()];
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = buffer("Output", i);
        }
    }

    /** Returns the number of outputs. */
    int outputCount() {
        return outputs.length;
    }

    /** Returns what the network gives for a crop: one array per output. */
    byte[][] evaluate(byte[] crop) {
        locked(input, WRITE).write(0, crop, 0, crop.length);
        call("LiteRtUnlockTensorBuffer", input);
        Pointer[] inputs = {input};
        call("LiteRtRunCompiledModel", compiled, 0L, 1L, inputs, (long) outputs.length, outputs);
        byte[][] found = new byte[outputs.length][];
        for (int i = 0; i < outputs.length; i++) {
            LongByReference size = new LongByReference();
            call("LiteRtGetTensorBufferPackedSize", outputs[i], size);
            found[i] = locked(outputs[i], READ).getByteArray(0, (int) size.getValue());
            call("LiteRtUnlockTensorBuffer", outputs[i]);
        }
        return found;
    }

    /** The memory of an input or output. */
    private Pointer buffer(String kind, long index) {
        Memory type = new Memory(TYPE_BYTES);
        call("LiteRtGetRankedTensorType", made("LiteRtGetSubgraph" + kind, graph, index), type);
        Pointer needs = made("LiteRtGetCompiledModel" + kind + "BufferRequirements", compiled, 0L, index);
        return made("LiteRtCreateManagedTensorBufferFromRequirements", environment, type, needs);
    }

    private Pointer locked(Pointer buffer, int mode) {
        PointerByReference start = new PointerByReference();
        call("LiteRtLockTensorBuffer", buffer, start, mode);
        return start.getValue();
    }

    /** Calls a function whose last argument takes what it makes. */
    private Pointer made(String name, Object... arguments) {
        Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
        PointerByReference result = new PointerByReference();
        all[arguments.length] = result;
        call(name, all);
        return result.getValue();
    }

    private void call(String name, Object... arguments) {
        int status = library.getFunction(name).invokeInt(arguments);
        if (status != 0) {
            throw new IllegalStateException(name + " of LiteRT failed with status " + status);
        }
    }
}
