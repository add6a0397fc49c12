package org.lowcost;

/** What cells verified on a device change about its probabilities; {@code lowcost.recalibration.Recalibration}. */
public final class Recalibration {
    /** To each of the logits, in units of the int8 output and in the order of the classes. */
    final int[] added;

    /** {@code exp(-k * logitScale / temperature)} for k = 0 ... 255, in place of the bundle's. */
    final double[] softmaxTable;

    Recalibration(Section section) {
        added = section.integers("added");
        softmaxTable = section.numbers("softmax_table", 256);
        section.number("temperature");
        section.integer("cells");
        section.finish();
    }

    /** Returns the logits of one cell with what is added, at most 255 apart. */
    int[] apply(int[] logits) {
        int[] own = new int[added.length];
        int least = Integer.MIN_VALUE;
        for (int i = 0; i < own.length; i++) {
            own[i] = logits[i] + added[i];
            least = Math.max(least, own[i] - Morphology.LOGIT_RANGE);
        }
        for (int i = 0; i < own.length; i++) {
            own[i] = Math.max(own[i], least);
        }
        return own;
    }

    /** Whether its numbers can be those of a device: else a sum of exponentials could be 0 or no number. */
    boolean isUsable() {
        boolean usable = softmaxTable[0] == 1.0;
        for (double value : softmaxTable) {
            usable &= value >= 0.0 && value <= 1.0;
        }
        for (int value : added) {
            usable &= Math.abs(value) <= Morphology.LOGIT_RANGE;
        }
        return usable;
    }
}
