package org.lowcost;

import java.nio.charset.Charset;
import java.util.Map;
import org.lowcost.json.Json;
import org.lowcost.json.JsonException;

/**
 * What was measured of a device, as much of it as an analysis uses; {@code lowcost.device.Profile}. It is the JSON file
 * that {@code lowcost calibrate} writes.
 */
public final class Profile {
    /** Version of the profile's form that is read. */
    public static final int FORMAT = 3;

    static final String AGAIN = "calibrate the device again";

    private static final Charset LATIN_1 = Charset.forName("ISO-8859-1");
    private static final int DIGITS = 64;
    private static final double SMALLEST_UM_PER_PX = 0.005;
    private static final double LARGEST_UM_PER_PX = 5.0;
    /** No profile is larger, bytes. */
    private static final int LARGEST = 1 << 20;

    /** What its owner calls the device. */
    public final String name;

    /** SHA-256 of the file with the digest's own digits as zeros. */
    public final String digest;

    /** Name and version of the bundle that measured it. */
    final String bundle;

    /** Size of its photographs, px. */
    final int width;

    final int height;

    /** Its ruler. */
    final double umPerPxX;

    final double umPerPxY;

    /** Largest deviation of a field's own ruler from it, as a share. */
    final double umPerPxSpread;

    /** {@code Illumination.coefficients} over their first row; null where the light falls off otherwise each time. */
    final double[][] flatField;

    /** What it adds to every cell; null where too few leukocytes were found. */
    final Shift shift;

    /** What its verified cells change about the probabilities; null where there were none. */
    final Recalibration recalibration;

    private Profile(Section section) {
        name = section.text("name");
        digest = section.text("digest");
        bundle = section.text("bundle");
        width = section.integer("width");
        height = section.integer("height");
        umPerPxX = section.number("um_per_px_x");
        umPerPxY = section.number("um_per_px_y");
        umPerPxSpread = section.number("um_per_px_spread");
        flatField = section.has("flat_field") ? section.rowsOfNumbers("flat_field") : null;
        shift = section.has("shift") ? new Shift(section.section("shift")) : null;
        recalibration = section.has("recalibration") ? new Recalibration(section.section("recalibration")) : null;
    }

    /**
     * Reads a profile.
     *
     * @param raw content of the file
     * @param file what it is called, for the text of an error
     * @throws InputException it is no profile, is of another format, or was changed since it was written
     */
    public static Profile load(byte[] raw, String file) {
        Map<String, Object> data;
        if (raw.length > LARGEST) {
            throw new InputException(noProfile(file));
        }
        try {
            data = Json.object(Json.parse(raw));
        } catch (JsonException error) {
            throw new InputException(noProfile(file), error);
        }
        if (data == null || !(data.get("format") instanceof Long)) {
            throw new InputException(noProfile(file));
        }
        long format = (Long) data.get("format");
        if (format != FORMAT) {
            throw new InputException("the device profile " + file + " has format " + format
                    + ", this version of lowcost reads " + FORMAT + ": "
                    + (format > FORMAT ? "upgrade lowcost" : AGAIN));
        }
        if (!isAsWritten(raw, data.get("digest"))) {
            throw new InputException("the device profile " + file + " was changed since it was written: restore it, or "
                    + AGAIN);
        }
        Profile profile;
        try {
            profile = new Profile(Section.of(data, file));
        } catch (BundleException error) {
            throw new InputException(noProfile(file), error);
        }
        if (!profile.isUsable()) {
            throw new InputException(noProfile(file));
        }
        return profile;
    }

    private static String noProfile(String file) {
        return file + " is no device profile: give the JSON that lowcost calibrate wrote";
    }

    private static boolean isAsWritten(byte[] raw, Object digest) {
        if (!(digest instanceof String) || ((String) digest).length() != DIGITS) {
            return false;
        }
        StringBuilder zeros = new StringBuilder();
        for (int i = 0; i < DIGITS; i++) {
            zeros.append('0');
        }
        String unsealed = new String(raw, LATIN_1).replace((String) digest, zeros);
        return Bundle.sha256(unsealed.getBytes(LATIN_1)).equals(digest);
    }

    private boolean isUsable() {
        boolean usable = width > 0 && height > 0 && isPossible(umPerPxX) && isPossible(umPerPxY);
        usable &= umPerPxSpread >= 0.0 && umPerPxSpread <= 1.0;
        if (flatField != null) {
            usable &= flatField.length == 6;
            for (double[] term : flatField) {
                usable &= term.length == 3 && areFinite(term);
            }
        }
        usable &= recalibration == null || recalibration.isUsable();
        return usable && (shift == null || areFinite(shift.scores));
    }

    private static boolean isPossible(double umPerPx) {
        return umPerPx >= SMALLEST_UM_PER_PX && umPerPx <= LARGEST_UM_PER_PX;
    }

    private static boolean areFinite(double[] values) {
        for (double value : values) {
            if (Double.isNaN(value) || Double.isInfinite(value)) {
                return false;
            }
        }
        return true;
    }
}
