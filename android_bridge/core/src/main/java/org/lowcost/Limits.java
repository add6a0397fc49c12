package org.lowcost;

/** A percentage corrected for what the classifier confuses, with approximate 95 % limits; {@link Misclassification}. */
public final class Limits {
    /** The estimate, 0-100. */
    public final double percent;

    /** Its lower limit. */
    public final double low;

    /** Its upper limit. */
    public final double high;

    /** Joins an estimate and its limits. */
    public Limits(double percent, double low, double high) {
        this.percent = percent;
        this.low = low;
        this.high = high;
    }
}
