package org.lowcost;

/** A proportion with its exact binomial 95 % limits; {@code lowcost.result.Share}. */
public final class Share {
    /** How many ... */
    public final int count;

    /** ... of how many. */
    public final int total;

    /** Percentage, 0-100. */
    public final double percent;

    /** Its lower limit; both cover sampling only: which cells were met. */
    public final double low;

    /** Its upper limit. */
    public final double high;

    /** The share corrected for the classifier's errors; null where these are not known. */
    public final Limits withErrors;

    /** Joins a share and its limits. */
    public Share(int count, int total, double percent, double low, double high, Limits withErrors) {
        this.count = count;
        this.total = total;
        this.percent = percent;
        this.low = low;
        this.high = high;
        this.withErrors = withErrors;
    }
}
