package org.lowcost;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.lowcost.json.Json;
import org.lowcost.json.JsonException;

/**
 * A model bundle whose files were all found as they were sealed: everything that a prediction depends on.
 *
 * <p>{@code bundle.json} names the format, the parameters of every module and the SHA-256 of every other file. An object
 * is never changed: any thread may use it.
 */
public final class Bundle {
    /** The version of the bundle format that is read. */
    public static final int FORMAT = 1;

    private static final String INDEX = "bundle.json";
    private static final String RESTORE = "restore the bundle from its source or reinstall lowcost";
    /** All files of a bundle together are no larger, bytes: what is larger is not read. */
    private static final int LARGEST = 32 << 20;

    /** A table becomes many times as large once it is read. */
    private static final int LARGEST_TABLE = 2 << 20;

    private static final Charset LATIN_1 = Charset.forName("ISO-8859-1");

    private final String name;
    private final String version;
    private final String digest;
    private final Map<String, Object> parameters;
    private final Map<String, byte[]> files;

    private Bundle(
            String name, String version, String digest, Map<String, Object> parameters, Map<String, byte[]> files) {
        this.name = name;
        this.version = version;
        this.digest = digest;
        this.parameters = parameters;
        this.files = files;
    }

    /**
     * Reads a bundle and checks every file of it.
     *
     * @param source where its files are
     * @return the bundle
     * @throws BundleException it is missing, damaged, tampered with or of another format; the text says which and what
     *     to do
     */
    public static Bundle load(BundleSource source) {
        byte[] raw = index(source);
        int room = LARGEST - raw.length;
        Map<String, Object> index = parsed(raw, source);
        checkSeal(raw, index, source);
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (Map.Entry<String, Object> entry : table(index, "files", source).entrySet()) {
            String expected = text(entry.getValue(), "files." + entry.getKey(), source);
            byte[] content = checked(source, entry.getKey(), expected, room);
            room -= content.length;
            files.put(entry.getKey(), content);
        }
        return new Bundle(
                text(index.get("name"), "name", source),
                text(index.get("version"), "version", source),
                sha256(raw),
                table(index, "parameters", source),
                files);
    }

    /** Returns how the bundle calls itself. */
    public String name() {
        return name;
    }

    /** Returns the version that it states. */
    public String version() {
        return version;
    }

    /** Returns the SHA-256 of {@code bundle.json}, which itself pins every other file. */
    public String digest() {
        return digest;
    }

    /**
     * Returns the checked content of one file, which must not be changed.
     *
     * @param file as listed in {@code bundle.json}, for example {@code "cell_type.tflite"}
     * @throws BundleException the bundle has no such file
     */
    public byte[] file(String file) {
        byte[] content = files.get(file);
        if (content == null) {
            throw new BundleException.Missing(
                    "bundle '" + name + "' lists no file '" + file + "', which this version of lowcost needs: " + RESTORE);
        }
        return content;
    }

    /** Returns whether the bundle has parameters for a module. */
    public boolean has(String section) {
        return parameters.containsKey(section);
    }

    /**
     * Returns the parameters of one module.
     *
     * @param section the module's name
     * @throws BundleException there are none
     */
    public Section section(String section) {
        if (!has(section)) {
            throw new BundleException.Missing(
                    "bundle '" + name + "' has no parameters for '" + section + "': " + RESTORE);
        }
        return Section.of(parameters.get(section), "bundle '" + name + "': " + section);
    }

    /**
     * Returns what a JSON file of the bundle holds.
     *
     * @param file as listed in {@code bundle.json}
     * @throws BundleException the bundle has no such file, or it holds no table
     */
    public Section document(String file) {
        Object content;
        if (file(file).length > LARGEST_TABLE) {
            throw new BundleException.Damaged(file + " of bundle '" + name + "' is larger than any table: " + RESTORE);
        }
        try {
            content = Json.parse(file(file));
        } catch (JsonException error) {
            throw new BundleException.Damaged(file + " of bundle '" + name + "' is damaged: " + RESTORE, error);
        }
        return Section.of(content, "bundle '" + name + "': " + file);
    }

    /** Returns the SHA-256 of some bytes, one part after the other, as 64 hexadecimal digits. */
    public static String sha256(byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                digest.update(part);
            }
            byte[] hash = digest.digest();
            StringBuilder text = new StringBuilder(2 * hash.length);
            for (byte value : hash) {
                text.append(Character.forDigit(value >> 4 & 15, 16)).append(Character.forDigit(value & 15, 16));
            }
            return text.toString();
        } catch (NoSuchAlgorithmException error) {
            throw new AssertionError(error); // every Java platform has it
        }
    }

    private static byte[] index(BundleSource source) {
        try {
            return read(source, INDEX, LARGEST_TABLE);
        } catch (FileNotFoundException error) {
            throw new BundleException.Missing(
                    source + " is no bundle: it holds no " + INDEX + "; give the folder that does");
        } catch (IOException error) {
            throw new BundleException.Damaged(INDEX + " of " + source + " cannot be read: " + RESTORE, error);
        }
    }

    private static Map<String, Object> parsed(byte[] raw, BundleSource source) {
        Object read;
        try {
            read = Json.parse(raw);
        } catch (JsonException error) {
            throw new BundleException.Damaged(INDEX + " of " + source + " is damaged or cut short: " + RESTORE, error);
        }
        Map<String, Object> index = Json.object(read);
        Object format = index == null ? null : index.get("format");
        if (index == null || !(format instanceof Long)) {
            throw new BundleException.Damaged(INDEX + " of " + source + " states no format version: " + RESTORE);
        }
        if ((Long) format != FORMAT) {
            String advice = (Long) format > FORMAT ? "upgrade lowcost" : "use a newer bundle";
            throw new BundleException.OtherFormat("bundle " + source + " has format " + format
                    + ", this version of lowcost reads " + FORMAT + ": " + advice);
        }
        for (String key : new String[] {"name", "version", "parameters", "files", "seal"}) {
            if (!index.containsKey(key)) {
                throw new BundleException.Damaged(INDEX + " of " + source + " has no '" + key + "': " + RESTORE);
            }
        }
        return index;
    }

    /** The seal is the SHA-256 of the index with zeros in the seal's own place. */
    private static void checkSeal(byte[] raw, Map<String, Object> index, BundleSource source) {
        String seal = text(index.get("seal"), "seal", source);
        String content = new String(raw, LATIN_1);
        int place = seal.length() == 64 ? content.lastIndexOf(seal) : -1;
        if (place >= 0) {
            StringBuilder unsealed = new StringBuilder(content);
            for (int i = place; i < place + 64; i++) {
                unsealed.setCharAt(i, '0');
            }
            if (sha256(unsealed.toString().getBytes(LATIN_1)).equals(seal)) {
                return;
            }
        }
        throw new BundleException.TamperedWith(
                INDEX + " of " + source + " was changed since the bundle was sealed: " + RESTORE
                        + ", or, if the change is yours, seal it with lowcost.bundle.seal");
    }

    private static byte[] checked(BundleSource source, String file, String expected, int room) {
        if (file.indexOf('\\') >= 0 || file.startsWith("/") || ("/" + file + "/").contains("/../")) {
            throw new BundleException.TamperedWith("bundle " + source + " lists '" + file
                    + "', which lies outside its folder: do not trust this bundle");
        }
        byte[] content;
        try {
            content = read(source, file, room);
        } catch (FileNotFoundException error) {
            throw new BundleException.Missing("bundle " + source + " lacks its file '" + file + "': " + RESTORE);
        } catch (IOException error) {
            throw new BundleException.Damaged(
                    "file '" + file + "' of bundle " + source + " cannot be read: " + RESTORE, error);
        }
        if (!sha256(content).equals(expected)) {
            throw new BundleException.TamperedWith("file '" + file + "' of bundle " + source
                    + " is not the one that was sealed (its SHA-256 differs): " + RESTORE);
        }
        return content;
    }

    private static byte[] read(BundleSource source, String file, int room) throws IOException {
        try (InputStream stream = source.open(file)) {
            ByteArrayOutputStream content = new ByteArrayOutputStream(1 << 16);
            byte[] block = new byte[1 << 16];
            for (int count = stream.read(block); count >= 0; count = stream.read(block)) {
                content.write(block, 0, count);
                if (content.size() > room) {
                    throw new IOException("larger than any bundle");
                }
            }
            return content.toByteArray();
        }
    }

    private static Map<String, Object> table(Map<String, Object> index, String key, BundleSource source) {
        Map<String, Object> found = Json.object(index.get(key));
        if (found == null) {
            throw new BundleException.Damaged(
                    INDEX + " of " + source + ": " + key + " is not a table: " + RESTORE);
        }
        return found;
    }

    private static String text(Object value, String key, BundleSource source) {
        if (!(value instanceof String)) {
            throw new BundleException.Damaged(INDEX + " of " + source + ": " + key + " is not a text: " + RESTORE);
        }
        return (String) value;
    }
}
