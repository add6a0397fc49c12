import android.content.Context;
import android.content.res.AssetManager;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import javax.imageio.ImageIO;
import org.lowcost.Field;
import org.lowcost.ResultJson;
import org.lowcost.android.LowcostAnalyzer;
import org.lowcost.android.Options;
import org.lowcost.android.Photograph;

/** Does with the archive's own classes and assets what an app does, and prints what came of it. */
public final class Driver {
    private final LowcostAnalyzer analyzer;

    private Driver(LowcostAnalyzer analyzer) {
        this.analyzer = analyzer;
    }

    private Driver(String assets) {
        this(LowcostAnalyzer.fromAssets(app(assets)));
    }

    public static void main(String[] arguments) throws Exception {
        String[] rest = Arrays.copyOfRange(arguments, 2, arguments.length);
        switch (arguments[0]) {
            case "link":
                link(arguments[1]);
                break;
            case "analyze":
                new Driver(arguments[1]).analyze(rest);
                break;
            case "bitmaps":
                new Driver(arguments[1]).bitmaps(rest[0]);
                break;
            case "large":
                new Driver(arguments[1]).large(rest[0]);
                break;
            case "device":
                new Driver(LowcostAnalyzer.fromAssets(app(arguments[1])).withProfile(new File(rest[0])))
                        .analyze(Arrays.copyOfRange(rest, 1, rest.length));
                break;
            case "threads":
                new Driver(arguments[1]).threads(rest[0], Integer.parseInt(rest[1]));
                break;
            case "progress":
                new Driver(arguments[1]).progress(rest[0]);
                break;
            case "refused":
                new Driver(arguments[1]).refused(rest);
                break;
            case "load":
                for (String place : Arrays.copyOfRange(arguments, 1, arguments.length)) {
                    told(place, () -> LowcostAnalyzer.fromFiles(new File(place)));
                }
                break;
            default:
                throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** Loads, verifies and initializes every class of an archive. */
    private static void link(String jar) throws Exception {
        try (JarFile file = new JarFile(jar)) {
            for (JarEntry entry : Collections.list(file.entries())) {
                Class.forName(entry.getName().replace(".class", "").replace('/', '.')).getDeclaredMethods();
                System.out.println(entry.getName());
            }
        }
    }

    private void analyze(String[] files) {
        List<Photograph> photographs = new ArrayList<>();
        for (String file : files) {
            photographs.add(Photograph.of(new File(file)));
        }
        System.out.println(ResultJson.write(analyzer.analyze(photographs, new Options())));
    }

    /** One photograph as bitmaps of every configuration that keeps its colours: the same result each time. */
    private void bitmaps(String file) throws IOException {
        for (Bitmap.Config config : new Bitmap.Config[] {
            Bitmap.Config.ARGB_8888, Bitmap.Config.HARDWARE, Bitmap.Config.RGBA_F16
        }) {
            System.out.println(ResultJson.write(analyzer.analyze(bitmap(file, config), new Options().umPerPx(0.12))));
        }
    }

    /** One photograph again and again in a bitmap of 12 megapixels; as before Android 8 it lies on the heap, too. */
    private void large(String file) throws IOException {
        BufferedImage tile = ImageIO.read(new File(file));
        int[] colours = new int[4000 * 3000];
        for (int i = 0; i < colours.length; i++) {
            colours[i] = tile.getRGB(i % 4000 % tile.getWidth(), i / 4000 % tile.getHeight());
        }
        Bitmap bitmap = Bitmap.createBitmap(colours, 4000, 3000, Bitmap.Config.ARGB_8888);
        colours = null;
        System.out.println(ResultJson.write(analyzer.analyze(bitmap)));
    }

    private void threads(String file, int count) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(count);
        List<Callable<String>> tasks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tasks.add(() -> {
                Field field = analyzer.field(Photograph.of(new File(file)), new Options());
                return ResultJson.write(analyzer.result(Collections.singletonList(field)));
            });
        }
        for (Future<String> result : pool.invokeAll(tasks)) {
            System.out.println(result.get());
        }
        pool.shutdown();
    }

    /** What a listener hears, and that each stage can be the last; then the analyzer must still work. */
    private void progress(String file) throws IOException {
        Set<String> stages = new LinkedHashSet<>();
        Photograph photograph = Photograph.of(new File(file));
        analyzer.field(photograph, new Options().progress((stage, done, of) -> {
            stages.add(stage.name());
            return done >= 0 && done < of;
        }));
        for (String last : stages) {
            told(last, () -> analyzer.field(photograph, new Options().progress((stage, done, of) ->
                    !stage.name().equals(last))));
        }
        told("again", () -> analyzer.field(photograph, new Options()));
    }

    /** Every photograph that cannot be: what is thrown, and what it says. */
    private void refused(String[] files) throws IOException {
        Bitmap good = bitmap(files[0], Bitmap.Config.ARGB_8888);
        Bitmap recycled = bitmap(files[0], Bitmap.Config.ARGB_8888);
        recycled.recycle();
        told("null", () -> analyzer.analyze((Bitmap) null));
        told("recycled", () -> analyzer.analyze(recycled));
        told("1x1", () -> analyzer.analyze(empty(1, 1, Bitmap.Config.ARGB_8888)));
        told("8192x8192", () -> analyzer.analyze(empty(8192, 8192, Bitmap.Config.ARGB_8888)));
        told("16000x16000", () -> analyzer.analyze(empty(16000, 16000, Bitmap.Config.ARGB_8888)));
        told("hardware", () -> analyzer.analyze(empty(600, 400, Bitmap.Config.HARDWARE)));
        for (Bitmap.Config config : new Bitmap.Config[] {
            Bitmap.Config.ALPHA_8, Bitmap.Config.RGB_565, Bitmap.Config.ARGB_4444
        }) {
            told(config.name(), () -> analyzer.analyze(empty(600, 400, config)));
        }
        told("scale", () -> analyzer.analyze(good, new Options().umPerPx(7.0)));
        told("none", () -> analyzer.analyze(Collections.<Photograph>emptyList(), new Options()));
        for (String file : Arrays.copyOfRange(files, 1, files.length)) {
            told(new File(file).getName(), () -> analyzer.field(Photograph.of(new File(file)), new Options()));
        }
        told("profile", () -> analyzer.withProfile(new File(files[0])));
        told("no profile", () -> analyzer.withProfile(new File("/nowhere.json")));
        told("good", () -> analyzer.analyze(good));
    }

    private static void told(String what, Callable<?> attempt) {
        try {
            attempt.call();
            System.out.println(what + "\tnothing\t");
        } catch (Throwable error) {
            System.out.println(what + "\t" + error.getClass().getName() + "\t" + error.getMessage());
        }
    }

    private static Bitmap bitmap(String file, Bitmap.Config config) throws IOException {
        BitmapFactory.Options options = new BitmapFactory.Options();
        options.inPreferredConfig = config;
        byte[] content = Files.readAllBytes(new File(file).toPath());
        return BitmapFactory.decodeByteArray(content, 0, content.length, options);
    }

    private static Bitmap empty(int width, int height, Bitmap.Config config) {
        return Bitmap.createBitmap(width, height, config);
    }

    private static Context app(String assets) {
        return new Context() {
            @Override
            public AssetManager getAssets() {
                return new AssetManager() {
                    @Override
                    public InputStream open(String name) throws IOException {
                        return new FileInputStream(assets + "/" + name);
                    }
                };
            }
        };
    }
}
