package org.lowcost.desktop;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.lowcost.Analyzer;
import org.lowcost.Failure;
import org.lowcost.FolderSource;
import org.lowcost.LowcostException;
import org.lowcost.ResultJson;
import org.lowcost.SmearResult;

/**
 * Analyses photographs of one slide on a desktop: {@code java -cp CLASSES org.lowcost.desktop.Analyze BUNDLE RESULT.json
 * PHOTOGRAPH...}. Exit codes are those of {@code lowcost analyze}: 0 fine, 1 some photographs failed, 2 unusable input.
 */
public final class Analyze {
    private Analyze() {}

    /** Analyses; the arguments are the bundle's folder, the file to write, and JPEG or PNG files. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 3) {
            System.err.println("expected BUNDLE RESULT.json PHOTOGRAPH..., got " + arguments.length + " arguments");
            System.exit(2);
        }
        List<PhotographFile> photographs = new ArrayList<>();
        for (int i = 2; i < arguments.length; i++) {
            photographs.add(new PhotographFile(new File(arguments[i])));
        }
        try {
            Analyzer analyzer = Analyzer.load(new FolderSource(new File(arguments[0])));
            SmearResult result = analyzer.analyze(photographs, null, null);
            byte[] text = ResultJson.write(result).getBytes(StandardCharsets.US_ASCII);
            Files.write(new File(arguments[1]).toPath(), text);
            for (Failure failure : result.failures) {
                System.err.println(failure.message);
            }
            System.exit(result.failures.isEmpty() ? 0 : result.fields.isEmpty() ? 2 : 1);
        } catch (LowcostException error) {
            System.err.println(error.getMessage());
            System.exit(2);
        }
    }
}
