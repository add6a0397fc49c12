package org.lowcost;

import java.util.List;
import java.util.Map;

/** One photograph; {@code lowcost.result.Field}. */
public final class Field {
    /** File name (never a path), or what the app calls it. */
    public final String name;

    /** Digest of the file's bytes, or of shape and pixels. */
    public final String sha256;

    /** Size, px. */
    public final int width;

    /** Size, px. */
    public final int height;

    /** {@code "accepted"}, {@code "doubtful"} or {@code "rejected"}; the cells of a rejected field are not searched. */
    public final String verdict;

    /** Why the field is not simply accepted, in words. */
    public final List<String> reasons;

    /** Measured focus, exposure and background, by name. */
    public final Map<String, Double> quality;

    /** The field's ruler. */
    public final Scale scale;

    /** Red, green and blue of the empty background at the field's centre, 0-255. */
    public final int[] whitePoint;

    /** Unit optical-density vectors (red, green, blue) by stain name, as measured on this field. */
    public final Map<String, double[]> stainVectors;

    /** Everything found, leukocytes and others. */
    public final List<Cell> cells;

    /** Lower median of its leukocytes' novelty; null where none was measured. */
    public final Double novelty;

    /** Joins what belongs to a field. */
    public Field(
            String name,
            String sha256,
            int width,
            int height,
            String verdict,
            List<String> reasons,
            Map<String, Double> quality,
            Scale scale,
            int[] whitePoint,
            Map<String, double[]> stainVectors,
            List<Cell> cells,
            Double novelty) {
        this.name = name;
        this.sha256 = sha256;
        this.width = width;
        this.height = height;
        this.verdict = verdict;
        this.reasons = reasons;
        this.quality = quality;
        this.scale = scale;
        this.whitePoint = whitePoint;
        this.stainVectors = stainVectors;
        this.cells = cells;
        this.novelty = novelty;
    }
}
