import java.io.File;
import java.util.Collections;
import org.lowcost.BundleException;
import org.lowcost.Field;
import org.lowcost.ResultJson;
import org.lowcost.android.LowcostAnalyzer;
import org.lowcost.android.Options;
import org.lowcost.android.Photograph;
import org.lowcost.android.litert.LiteRtRuntime;

/** Analyses a photograph with the own evaluator and with LiteRT's interface, the latter from several threads at once. */
public final class LiteRtDriver {
    public static void main(String[] arguments) throws Exception {
        LowcostAnalyzer own = LowcostAnalyzer.fromFiles(new File(arguments[0]));
        LowcostAnalyzer other = own.withRuntime(new LiteRtRuntime("9.9"));
        System.out.println(result(own, arguments[1]));
        String[] results = new String[4];
        Thread[] threads = new Thread[results.length];
        for (int i = 0; i < threads.length; i++) {
            int number = i;
            threads[i] = new Thread(() -> results[number] = result(other, arguments[1]));
            threads[i].start();
        }
        for (int i = 0; i < threads.length; i++) {
            threads[i].join();
            System.out.println(results[i]);
        }
        try {
            new LiteRtRuntime("9.9").load(new byte[100]);
        } catch (BundleException.Damaged error) {
            System.out.println(error.getMessage());
        }
    }

    private static String result(LowcostAnalyzer analyzer, String file) {
        Field field = analyzer.field(Photograph.of(new File(file)), new Options());
        return ResultJson.write(analyzer.result(Collections.singletonList(field)));
    }
}
