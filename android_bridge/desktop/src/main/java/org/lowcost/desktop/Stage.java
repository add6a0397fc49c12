package org.lowcost.desktop;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;

/**
 * Runs single stages of the pipeline, so that each can be compared with Python's apart from the others.
 *
 * <p>Requests are read from standard input until it ends and answered one by one on standard output, in the form that
 * {@link Message} describes: {@code java -cp CLASSES org.lowcost.desktop.Stage}.
 */
public final class Stage {
    /** One stage. */
    interface Handler {
        /**
         * Answers a request.
         *
         * @param request what goes in
         * @param answer what comes out
         * @throws Exception anything: its class and text are answered instead
         */
        void run(Message request, Message answer) throws Exception;
    }

    private Stage() {}

    /** Answers requests until there are no more. */
    public static void main(String[] arguments) throws IOException {
        serve(stages());
    }

    /** Answers requests for some stages. */
    static void serve(Map<String, Handler> stages) throws IOException {
        OutputStream out = new BufferedOutputStream(System.out, 1 << 16);
        System.setOut(new PrintStream(System.err, true)); // nothing else may write between the answers
        InputStream in = new BufferedInputStream(System.in, 1 << 16);
        DataInputStream requests = new DataInputStream(in);
        for (Message request = Message.read(requests); request != null; request = Message.read(requests)) {
            answer(stages, request).write(out);
            out.flush();
        }
    }

    private static Map<String, Handler> stages() {
        Map<String, Handler> stages = new HashMap<>();
        AnalysisStages.register(stages);
        CoreStages.register(stages);
        FeatureStages.register(stages);
        ModelStages.register(stages);
        NamingStages.register(stages);
        RasterStages.register(stages);
        SegmentationStages.register(stages);
        ImageStages.register(stages);
        TraceStages.register(stages);
        SpeedStages.register(stages);
        return stages;
    }

    private static Message answer(Map<String, Handler> stages, Message request) {
        Message answer = new Message();
        try {
            String name = request.text("stage");
            Handler stage = stages.get(name);
            if (stage == null) {
                throw new IllegalArgumentException("there is no stage " + name);
            }
            stage.run(request, answer);
            return answer;
        } catch (Exception | StackOverflowError | OutOfMemoryError error) {
            Message failure = new Message();
            failure.put("error", error.getClass().getName());
            failure.put("message", String.valueOf(error.getMessage()));
            StackTraceElement[] trace = error.getStackTrace();
            failure.put("place", trace.length > 0 ? trace[0].toString() : "");
            return failure;
        }
    }
}
