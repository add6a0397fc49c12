package org.lowcost.desktop;

import java.util.Arrays;
import java.util.Map;
import org.lowcost.model.TfLite;

/** The stages of {@code org.lowcost.model}. */
final class ModelStages {
    private ModelStages() {}

    static void register(Map<String, Stage.Handler> stages) {
        stages.put("model.tflite", ModelStages::network);
    }

    /** Evaluates a network on crops (n, rows, columns, channels); the outputs are one array each. */
    private static void network(Message request, Message answer) {
        TfLite network = new TfLite(request.bytes("model"));
        int[] shape = request.shape("crops");
        int size = shape[1] * shape[2] * shape[3];
        TfLite.Run run = network.newRun();
        byte[][] outputs = new byte[network.outputCount()][];
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = new byte[shape[0] * network.outputSize(i)];
        }
        long start = System.nanoTime();
        for (int n = 0; n < shape[0]; n++) {
            run.evaluate(Arrays.copyOfRange(request.bytes("crops"), n * size, (n + 1) * size));
            for (int i = 0; i < outputs.length; i++) {
                System.arraycopy(run.output(i), 0, outputs[i], n * network.outputSize(i), network.outputSize(i));
            }
        }
        answer.put("seconds", (System.nanoTime() - start) / 1e9);
        for (int i = 0; i < outputs.length; i++) {
            answer.array("output" + i, outputs[i], shape[0], network.outputSize(i));
        }
    }
}
