package org.lowcost.sample;

import android.content.Context;
import android.os.Handler;
import android.os.Looper;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.lowcost.CancelledException;
import org.lowcost.Field;
import org.lowcost.LowcostException;
import org.lowcost.Progress;
import org.lowcost.SmearResult;
import org.lowcost.android.LowcostAnalyzer;
import org.lowcost.android.Options;
import org.lowcost.android.Photograph;

/**
 * The fields of one slide. Photographs are analysed one after the other on a thread of its own; everything else happens on
 * the main thread, where listeners are called.
 */
final class Slide {
    /** Hears what becomes of the slide. */
    interface Listener {
        /** A field came, or all went. */
        void changed();

        /** Says what is being done; null when it is done. */
        void working(String stage);

        /** Says why a photograph does not count. */
        void refused(String why);
    }

    /** A field that was analysed, and its photograph. */
    static final class Entry {
        final File file;
        final Field field;

        Entry(File file, Field field) {
            this.file = file;
            this.field = field;
        }
    }

    private final Context context;
    private final File folder;
    private final ExecutorService worker = Executors.newSingleThreadExecutor();
    private final Handler main = new Handler(Looper.getMainLooper());
    private final List<Entry> entries = new ArrayList<>();
    private Listener listener;
    private final List<String> unheard = new ArrayList<>();
    private String stage;
    private int waiting;
    /** Counts up when everything is cancelled: what was begun before is not wanted any more. */
    private volatile int generation;

    /** Loaded on the worker when it is first needed. */
    private volatile LowcostAnalyzer analyzer;

    Slide(Context context) {
        this.context = context;
        folder = new File(context.getCacheDir(), "fields");
        File[] left = folder.listFiles(); // by a run that was ended
        if (left != null) {
            for (File file : left) {
                file.delete();
            }
        }
        folder.mkdirs();
    }

    /** A file for a photograph; it is deleted when the slide goes or the photograph does not count. */
    File fresh() {
        return new File(folder, "field_" + System.nanoTime() + ".jpg");
    }

    /** Sets who hears; what was missed since the last one went is told at once. */
    void setListener(Listener listener) {
        this.listener = listener;
        if (listener != null) {
            listener.working(stage);
            for (String why : unheard) {
                listener.refused(why);
            }
            unheard.clear();
        }
    }

    List<Entry> entries() {
        return entries;
    }

    /** All fields with their common differential; null before the first. */
    SmearResult result() {
        if (entries.isEmpty()) {
            return null;
        }
        List<Field> fields = new ArrayList<>();
        for (Entry entry : entries) {
            fields.add(entry.field);
        }
        return analyzer.result(fields);
    }

    /** Analyses a photograph when its turn comes. */
    void add(File file) {
        int own = generation;
        waiting++;
        worker.execute(() -> {
            Entry entry = null;
            String fault = null;
            try {
                entry = new Entry(file, analysed(file, own));
            } catch (CancelledException cancelled) {
                // Nobody waits for it.
            } catch (LowcostException error) {
                fault = error.getMessage(); // one sentence, made to be shown
            } catch (OutOfMemoryError error) {
                fault = context.getString(R.string.no_memory);
            }
            Entry found = entry;
            String why = fault;
            main.post(() -> done(file, found, why, own));
        });
    }

    /** Stops what is being analysed, and what waits. */
    void cancel() {
        generation++;
    }

    /** Begins another slide. */
    void clear() {
        cancel();
        for (Entry entry : entries) {
            entry.file.delete();
        }
        entries.clear();
        tell();
    }

    private Field analysed(File file, int own) {
        say(context.getString(R.string.loading));
        if (analyzer == null) {
            analyzer = LowcostAnalyzer.fromAssets(context);
        }
        Progress progress = (stage, done, of) -> {
            say(words(stage, done, of));
            return own == generation;
        };
        return analyzer.field(Photograph.of(file), new Options().progress(progress));
    }

    private String words(Progress.Stage stage, int done, int of) {
        switch (stage) {
            case OPTICS:
                return context.getString(R.string.stage_optics);
            case NUCLEI:
                return context.getString(R.string.stage_nuclei);
            case OUTLINES:
                return context.getString(R.string.stage_outlines, done + 1, of);
            default:
                return context.getString(R.string.stage_cells, done + 1, of);
        }
    }

    private void say(String now) {
        main.post(() -> work(now));
    }

    private void work(String now) {
        stage = now;
        if (listener != null) {
            listener.working(now);
        }
    }

    private void done(File file, Entry entry, String fault, int own) {
        waiting--;
        String why = fault;
        boolean wanted = entry != null && own == generation;
        if (wanted && isThere(entry.field)) {
            why = context.getString(R.string.same_picture);
            wanted = false;
        }
        if (wanted) {
            entries.add(entry);
        } else {
            file.delete();
        }
        tell();
        if (waiting == 0) {
            work(null);
        }
        if (why != null && listener == null) {
            unheard.add(why);
        } else if (why != null) {
            listener.refused(why);
        }
    }

    private boolean isThere(Field field) {
        for (Entry entry : entries) {
            if (entry.field.sha256.equals(field.sha256)) {
                return true;
            }
        }
        return false;
    }

    private void tell() {
        if (listener != null) {
            listener.changed();
        }
    }
}
