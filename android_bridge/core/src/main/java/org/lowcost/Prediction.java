package org.lowcost;

import java.util.Map;

/** What the classifier says about one cell; {@code lowcost.classifier.Prediction}. */
public final class Prediction {
    /** A name of {@link Taxonomy#CELL_TYPES}. */
    public final String type;

    /** Probability of that type; of the leukocyte type that it would have been where it is unidentified. */
    public final double probability;

    /** Probability of every class, in the order of the bundle. */
    public final Map<String, Double> probabilities;

    /** The network's int8 output, corrected where the bundle says so. */
    public final int[] logits;

    Prediction(String type, double probability, Map<String, Double> probabilities, int[] logits) {
        this.type = type;
        this.probability = probability;
        this.probabilities = probabilities;
        this.logits = logits;
    }
}
