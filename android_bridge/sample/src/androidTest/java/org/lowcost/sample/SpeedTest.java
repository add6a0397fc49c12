package org.lowcost.sample;

import android.app.Instrumentation;
import android.content.Context;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.graphics.Canvas;
import android.os.Build;
import android.os.Bundle;
import android.util.Log;
import androidx.test.platform.app.InstrumentationRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.junit.Test;
import org.lowcost.Progress;
import org.lowcost.SmearResult;
import org.lowcost.android.LowcostAnalyzer;
import org.lowcost.android.Options;

/** Times the analysis on this phone and prints a table in Markdown that its owner can paste into an issue. */
public final class SpeedTest {
    private static final int ROUNDS = 5;

    @Test
    public void table() throws IOException {
        Instrumentation instrumentation = InstrumentationRegistry.getInstrumentation();
        Bitmap small = field(instrumentation.getContext());
        Bitmap large = tiled(small, 4000, 3000);
        Context app = instrumentation.getTargetContext();
        long start = System.nanoTime();
        LowcostAnalyzer analyzer = LowcostAnalyzer.fromAssets(app);
        double loading = (System.nanoTime() - start) / 1e6;
        StringBuilder table = new StringBuilder(String.format(Locale.ROOT,
                "%n%s %s, Android %s, %s, heap %d MB; loading %.0f ms%n%n"
                        + "| photograph | cells | optics ms | nuclei ms | outlines ms | naming ms | whole ms | ms per cell named |%n"
                        + "|---|---|---|---|---|---|---|---|%n",
                Build.MANUFACTURER, Build.MODEL, Build.VERSION.RELEASE, Build.SUPPORTED_ABIS[0],
                Runtime.getRuntime().maxMemory() >> 20, loading));
        table.append(row(analyzer, small)).append(row(analyzer, large));
        Log.i("lowcost", table.toString());
        Bundle told = new Bundle();
        told.putString(Instrumentation.REPORT_KEY_STREAMRESULT, table.toString());
        instrumentation.sendStatus(0, told);
    }

    /** The quickest of some rounds; the first ones compile. */
    private static String row(LowcostAnalyzer analyzer, Bitmap bitmap) {
        double best = Double.POSITIVE_INFINITY;
        String row = "";
        for (int round = 0; round < ROUNDS; round++) {
            Times times = new Times();
            SmearResult result = analyzer.analyze(bitmap, new Options().progress(times));
            times.end();
            double whole = times.whole();
            if (whole < best) {
                best = whole;
                int cells = result.fields.get(0).cells.size();
                row = String.format(Locale.ROOT, "| %.1f megapixels | %d | %.0f | %.0f | %.0f | %.0f | %.0f | %.1f |%n",
                        bitmap.getWidth() * bitmap.getHeight() / 1e6, cells, times.of(Progress.Stage.OPTICS),
                        times.of(Progress.Stage.NUCLEI), times.of(Progress.Stage.OUTLINES),
                        times.of(Progress.Stage.CELLS), whole, times.of(Progress.Stage.CELLS) / Math.max(1, cells));
            }
        }
        return row;
    }

    /** Milliseconds from one stage to the next; what comes before the first is its. */
    private static final class Times implements Progress {
        private final Map<Stage, Double> spent = new EnumMap<>(Stage.class);
        private final long start = System.nanoTime();
        private Stage current = Stage.OPTICS;
        private long since = start;

        @Override
        public boolean reached(Stage stage, int done, int of) {
            if (stage != current) {
                end();
                current = stage;
            }
            return true;
        }

        void end() {
            long now = System.nanoTime();
            spent.put(current, of(current) + (now - since) / 1e6);
            since = now;
        }

        double of(Stage stage) {
            Double found = spent.get(stage);
            return found == null ? 0.0 : found;
        }

        double whole() {
            return (since - start) / 1e6;
        }
    }

    /** A rendered field, 0.1 um per px. */
    private static Bitmap field(Context test) throws IOException {
        try (InputStream stream = test.getAssets().open("field.jpg")) {
            return BitmapFactory.decodeStream(stream);
        }
    }

    /** The same field again and again, in the middle of a large picture. */
    private static Bitmap tiled(Bitmap tile, int width, int height) {
        Bitmap found = Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888);
        Canvas canvas = new Canvas(found);
        for (int y = 0; y < height; y += tile.getHeight()) {
            for (int x = 0; x < width; x += tile.getWidth()) {
                canvas.drawBitmap(tile, x, y, null);
            }
        }
        return found;
    }
}
