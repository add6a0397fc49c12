package org.lowcost.desktop;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.lowcost.model.TfLite;
import org.lowcost.model.Trees;

/** The stages of {@code org.lowcost.model}. */
final class ModelStages {
    private ModelStages() {}

    static void register(Map<String, Stage.Handler> stages) {
        stages.put("model.tflite", ModelStages::network);
        stages.put("model.trees", ModelStages::trees);
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

    /** Scores of cells (n, values), and the contributions to each of them (n, values, features). */
    private static void trees(Message request, Message answer) {
        long start = System.nanoTime();
        Trees trees = new Trees(new String(request.bytes("model"), StandardCharsets.UTF_8), request.text("name"));
        answer.put("seconds", (System.nanoTime() - start) / 1e9);
        int cells = request.shape("rows")[0];
        int columns = request.shape("rows")[1];
        double[] scores = new double[cells * trees.values];
        double[] contributions = new double[cells * trees.values * trees.names.size()];
        for (int n = 0; n < cells; n++) {
            double[] row = Arrays.copyOfRange(request.doubles("rows"), n * columns, (n + 1) * columns);
            System.arraycopy(trees.scores(row), 0, scores, n * trees.values, trees.values);
            for (int value = 0; value < trees.values; value++) {
                double[] own = trees.contributions(row, value);
                System.arraycopy(own, 0, contributions, (n * trees.values + value) * own.length, own.length);
            }
        }
        answer.array("scores", scores, cells, trees.values);
        answer.array("contributions", contributions, cells, trees.values, trees.names.size());
    }
}
