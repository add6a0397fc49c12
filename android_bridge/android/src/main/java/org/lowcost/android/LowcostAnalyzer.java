package org.lowcost.android;

import android.content.Context;
import android.graphics.Bitmap;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.List;
import org.lowcost.Analyzer;
import org.lowcost.Bundle;
import org.lowcost.BundleSource;
import org.lowcost.Failure;
import org.lowcost.Field;
import org.lowcost.FolderSource;
import org.lowcost.InputException;
import org.lowcost.Profile;
import org.lowcost.SmearResult;
import org.lowcost.ZipSource;
import org.lowcost.model.Network;
import org.lowcost.model.TfLite;

/**
 * White blood cells on photographs of blood smears: found, measured, named and counted, on the phone alone.
 *
 * <p>Loading takes a moment, so load one and keep it; it is never changed, and any number of threads may use it. Analysing
 * takes long: never do it on the main thread.
 *
 * <p>For Research Use Only. Not for use in diagnostic procedures.
 */
public final class LowcostAnalyzer {
    /** Where in the assets the bundle lies that comes with the library. */
    public static final String BUNDLE = "lowcost-1";

    private static final int MOST_OF_PROFILE = 1 << 20;

    private final Bundle bundle;
    private final Profile profile;
    private final Network.Runtime runtime;
    private final Analyzer analyzer;

    private LowcostAnalyzer(Bundle bundle, Profile profile, Network.Runtime runtime) {
        this.bundle = bundle;
        this.profile = profile;
        this.runtime = runtime;
        analyzer = new Analyzer(bundle, profile, runtime);
    }

    /**
     * Loads the bundle that comes with the library.
     *
     * @throws org.lowcost.BundleException it is missing, damaged or tampered with
     */
    public static LowcostAnalyzer fromAssets(Context context) {
        return fromAssets(context, BUNDLE);
    }

    /**
     * Loads a bundle from the app's assets.
     *
     * @param folder the folder in the assets that holds {@code bundle.json}
     * @throws org.lowcost.BundleException it is missing, damaged, tampered with or of another format
     */
    public static LowcostAnalyzer fromAssets(Context context, String folder) {
        return from(new AssetSource(context.getAssets(), folder));
    }

    /**
     * Loads a bundle that lies in a folder, or in a zip archive of one.
     *
     * @param place the folder that holds {@code bundle.json}, or the archive that holds it at its top
     * @throws org.lowcost.BundleException it is missing, damaged, tampered with or of another format
     */
    public static LowcostAnalyzer fromFiles(File place) {
        return from(place.isFile() ? new ZipSource(place, "") : new FolderSource(place));
    }

    /**
     * Loads a bundle from anywhere.
     *
     * @throws org.lowcost.BundleException it is missing, damaged, tampered with or of another format
     */
    public static LowcostAnalyzer from(BundleSource source) {
        return new LowcostAnalyzer(Bundle.load(source), null, TfLite.RUNTIME);
    }

    /**
     * Returns an analyzer that knows the device which takes the photographs.
     *
     * @param file the profile that {@code lowcost calibrate} wrote
     * @throws InputException it cannot be read, was changed, or was made with another bundle
     */
    public LowcostAnalyzer withProfile(File file) {
        try (InputStream stream = new FileInputStream(file)) {
            return withProfile(stream, file.getName());
        } catch (IOException error) {
            throw new InputException("the device profile " + file + " cannot be read: give the file that lowcost"
                    + " calibrate wrote", error);
        }
    }

    /**
     * Returns an analyzer that knows the device which takes the photographs.
     *
     * @param stream content of the profile, which the caller closes
     * @param name what it is called, for the text of an error
     * @throws InputException it is no profile, was changed, or was made with another bundle
     * @throws IOException it cannot be read
     */
    public LowcostAnalyzer withProfile(InputStream stream, String name) throws IOException {
        return new LowcostAnalyzer(bundle, Profile.load(read(stream, MOST_OF_PROFILE), name), runtime);
    }

    /** Returns an analyzer whose network another runtime evaluates, for example LiteRT. */
    public LowcostAnalyzer withRuntime(Network.Runtime other) {
        return new LowcostAnalyzer(bundle, profile, other);
    }

    /**
     * Analyses one photograph; its scale is measured on its red cells.
     *
     * @throws InputException it cannot be used ({@link PhotographException} says in which way)
     */
    public SmearResult analyze(Bitmap bitmap) {
        return analyze(bitmap, new Options());
    }

    /**
     * Analyses one photograph.
     *
     * @throws InputException it cannot be used, or the scale is none that can be
     * @throws org.lowcost.CancelledException the listener of the options wanted no more
     */
    public SmearResult analyze(Bitmap bitmap, Options options) {
        Field field = field(Photograph.of(bitmap, "photograph"), options);
        return result(Collections.singletonList(field));
    }

    /**
     * Analyses the fields of one slide and puts them together.
     *
     * @param photographs read one after the other; those that cannot be used are listed among the result's failures
     * @throws InputException there is none, or the scale is none that can be
     * @throws org.lowcost.CancelledException the listener of the options wanted no more
     */
    public SmearResult analyze(List<Photograph> photographs, Options options) {
        return analyzer.analyze(photographs, options.umPerPx, options.progress);
    }

    /**
     * Analyses one field of a slide of which more will come; {@link #result} puts them together.
     *
     * @throws InputException it cannot be used, or the scale is none that can be
     * @throws org.lowcost.CancelledException the listener of the options wanted no more
     */
    public Field field(Photograph photograph, Options options) {
        return analyzer.field(photograph.read(), options.umPerPx, options.progress);
    }

    /** Puts the fields of one slide together: the differential over all of them. It takes milliseconds. */
    public SmearResult result(List<Field> fields) {
        return analyzer.result(fields, Collections.<Failure>emptyList());
    }

    /** Reads what is no longer than so many bytes. */
    static byte[] read(InputStream stream, long most) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream(1 << 16);
        byte[] block = new byte[1 << 16];
        for (int count = stream.read(block); count >= 0; count = stream.read(block)) {
            content.write(block, 0, count);
            if (content.size() > most) {
                throw new IOException("larger than " + most + " bytes");
            }
        }
        return content.toByteArray();
    }
}
