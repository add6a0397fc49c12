package org.lowcost;

/** The ruler of one field; {@code lowcost.result.Scale}. */
public final class Scale {
    /** Micrometres per px along x of the stored image, 0 where unknown. */
    public final double umPerPxX;

    /** Micrometres per px along y. */
    public final double umPerPxY;

    /** {@code "given"}, {@code "metadata"}, {@code "red cells"}, {@code "device"} or {@code "unknown"}. */
    public final String source;

    /** 0-1; 1 for a given scale. */
    public final double confidence;

    /** Number of red cells that were measured. */
    public final int redCells;

    /** What a person should know (squeezed pixels, few red cells); empty when there is nothing to say. */
    public final String note;

    /** A ruler measured on red cells, or none. */
    public Scale(
            double umPerPxX, double umPerPxY, String source, double confidence, int redCells, String note) {
        this.umPerPxX = umPerPxX;
        this.umPerPxY = umPerPxY;
        this.source = source;
        this.confidence = confidence;
        this.redCells = redCells;
        this.note = note;
    }

    /** A ruler from elsewhere. */
    public Scale(double umPerPxX, double umPerPxY, String source, double confidence) {
        this(umPerPxX, umPerPxY, source, confidence, 0, "");
    }

    /** The scale of a photograph that was shrunk by {@code factor} before this was measured. */
    public Scale enlarged(int factor) {
        return new Scale(umPerPxX / factor, umPerPxY / factor, source, confidence, redCells, note);
    }
}
