package org.lowcost;

import java.util.ArrayList;
import java.util.List;
import org.lowcost.features.Compute;

/**
 * What a user's own labelled cells add to the network's opinion: a small linear correction of its int8 logits; {@code
 * lowcost.correction}. Computed in a fixed order of additions and multiplications of doubles.
 */
final class Correction {
    static final String SECTION = "correction";

    /** What is subtracted from each input (logits, then features), and what it is then divided by. */
    private final double[] centre;

    private final double[] spread;
    /** Inputs are held within this many spreads: beyond what was seen nothing is extrapolated. */
    private final double limit;
    /** What each corrected class gets in any case, in units of the int8 logits. */
    private final double[] bias;
    /** What each gets per spread of each input. */
    private final double[][] weights;
    /** Where the features stand in the table, and the corrected classes among the logits. */
    private final int[] columns;

    private final int[] rows;

    private Correction(Section section, List<String> classes) {
        List<String> inputs = section.texts("inputs");
        List<String> corrected = section.texts("classes");
        centre = section.numbers("centre");
        spread = section.numbers("spread");
        limit = section.number("limit");
        bias = section.numbers("bias");
        weights = section.rowsOfNumbers("weights");
        section.finish();
        int own = classes.size();
        boolean fits = inputs.size() >= own && inputs.subList(0, own).equals(classes);
        fits = fits && centre.length == inputs.size() && spread.length == inputs.size();
        fits = fits && bias.length == corrected.size() && weights.length == corrected.size();
        for (double[] row : weights) {
            fits = fits && row.length == inputs.size();
        }
        List<String> wanted = fits ? inputs.subList(own, inputs.size()) : inputs;
        if (!fits || !Compute.NAMES.containsAll(wanted) || !classes.containsAll(corrected)) {
            throw new BundleException("the bundle's correction was made for another network or other features: make it"
                    + " again with 'lowcost train heads'");
        }
        columns = new int[wanted.size()];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = Compute.NAMES.indexOf(wanted.get(i));
        }
        rows = new int[corrected.size()];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = classes.indexOf(corrected.get(i));
        }
    }

    /** Returns the correction of a bundle, null where it has none. */
    static Correction load(Bundle bundle, List<String> classes) {
        return bundle.has(SECTION) ? new Correction(bundle.section(SECTION), new ArrayList<>(classes)) : null;
    }

    /**
     * Returns the corrected logits of one cell, at most 255 apart.
     *
     * @param logits the network's, -128 ... 127
     * @param row its features; one that is not finite counts as average
     */
    int[] apply(int[] logits, double[] row) {
        double[] inputs = new double[centre.length];
        for (int i = 0; i < inputs.length; i++) {
            double value = i < logits.length ? logits[i] : row[columns[i - logits.length]];
            boolean finite = !Double.isNaN(value) && !Double.isInfinite(value);
            double scaled = finite ? (value - centre[i]) / spread[i] : 0.0;
            inputs[i] = Math.min(Math.max(scaled, -limit), limit);
        }
        int[] corrected = logits.clone();
        for (int k = 0; k < rows.length; k++) {
            double total = bias[k];
            for (int i = 0; i < inputs.length; i++) {
                total += weights[k][i] * inputs[i];
            }
            corrected[rows[k]] += (int) Math.floor(total + 0.5);
        }
        int least = Integer.MIN_VALUE;
        for (int value : corrected) {
            least = Math.max(least, value - Morphology.LOGIT_RANGE);
        }
        for (int i = 0; i < corrected.length; i++) {
            corrected[i] = Math.max(corrected[i], least);
        }
        return corrected;
    }
}
