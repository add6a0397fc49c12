package org.lowcost;

/** What a device adds to every cell, as {@code lowcost calibrate} measures it; {@code lowcost.morphology.Shift}. */
public final class Shift {
    /** To each normal score, in the order of the feature table. */
    final double[] scores;

    /** To each of the network's logits, in units of the int8 output. */
    final int[] logits;

    Shift(Section section) {
        scores = section.numbers("scores");
        logits = section.integers("logits");
        section.finish();
    }
}
