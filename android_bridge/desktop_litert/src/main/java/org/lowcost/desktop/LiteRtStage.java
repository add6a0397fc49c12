package org.lowcost.desktop;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;

/** Answers requests for the stage {@code model.litert}: {@code model.tflite}, evaluated by the {@code library} named. */
public final class LiteRtStage {
    private LiteRtStage() {}

    /** Answers requests until there are no more. */
    public static void main(String[] arguments) throws IOException {
        Stage.serve(Collections.singletonMap("model.litert", LiteRtStage::network));
    }

    /** Evaluates a network on crops (n, rows, columns, channels); the outputs are one array each. */
    private static void network(Message request, Message answer) {
        LiteRt network = new LiteRt(request.text("library"), request.bytes("model"));
        int count = request.shape("crops")[0];
        int size = request.bytes("crops").length / count;
        byte[][] outputs = new byte[network.outputCount()][];
        for (int n = 0; n < count; n++) {
            byte[][] found = network.evaluate(Arrays.copyOfRange(request.bytes("crops"), n * size, (n + 1) * size));
            for (int i = 0; i < found.length; i++) {
                outputs[i] = n == 0 ? new byte[count * found[i].length] : outputs[i];
                System.arraycopy(found[i], 0, outputs[i], n * found[i].length, found[i].length);
            }
        }
        for (int i = 0; i < outputs.length; i++) {
            answer.array("output" + i, outputs[i], count, outputs[i].length / count);
        }
    }
}
