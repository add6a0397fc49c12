package org.lowcost;

/** One feature that weighed in a decision; {@code lowcost.result.Reason}. */
public final class Reason {
    /** The feature that is named where the network's view of the cell, which has no measured value, weighed. */
    public static final String NETWORK = "network";

    /** Name in the feature table, or {@link #NETWORK}. */
    public final String feature;

    /** The feature's value for this cell, in the table's unit; null of {@link #NETWORK}. */
    public final Double value;

    /** Its contribution to the chosen value's raw score (log-odds); positive speaks for it. */
    public final double weight;

    /** Joins what belongs to a reason. */
    public Reason(String feature, Double value, double weight) {
        this.feature = feature;
        this.value = value;
        this.weight = weight;
    }
}
