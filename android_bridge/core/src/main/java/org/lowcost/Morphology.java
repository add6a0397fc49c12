package org.lowcost;

import java.util.ArrayList;
import java.util.List;
import org.lowcost.features.Compute;

/**
 * What the measured morphology of a cell says of its type, beside the network; {@code lowcost.morphology}.
 *
 * <p>Every feature becomes a normal score, its rank among the training cells on a bell curve; a linear model of the scores
 * says how likely each type of nucleated cell is, and its log-odds are added to the network's logits. How sure the network
 * is that an object is one of them at all stays as it was.
 */
final class Morphology {
    static final String SECTION = "morphology";

    /** Logits of one cell are at most so far apart, as {@link Classifier#decide} needs them. */
    static final int LOGIT_RANGE = 255;

    /** What one unit of log-odds adds, in units of the int8 logits. */
    private final double weight;
    /** Normal scores at evenly spaced ranks, ascending. */
    private final double[] normal;
    /** For each feature its values at these ranks among the training cells. */
    private final double[][] levels;
    /** Log-odds of each type where every score is zero. */
    private final double[] bias;
    /** For each type the log-odds per unit of each score. */
    private final double[][] weights;
    /** Where the types stand among the logits. */
    private final int[] rows;

    private Morphology(Bundle bundle, List<String> classes) {
        Section section = bundle.section(SECTION);
        String file = section.text("file");
        weight = section.number("weight");
        section.finish();
        Section model = bundle.document(file);
        List<String> types = model.texts("classes");
        List<String> features = model.texts("features");
        normal = model.numbers("normal");
        levels = model.rowsOfNumbers("levels");
        bias = model.numbers("bias");
        weights = model.rowsOfNumbers("weights");
        double[][] typical = model.rowsOfNumbers("typical");
        double[][] typicalLogits = model.rowsOfNumbers("typical_logits");
        model.finish();
        boolean fits = features.equals(Compute.NAMES) && types.size() >= 2 && classes.containsAll(types)
                && are(levels, features.size(), normal.length)
                && are(weights, types.size(), features.size())
                && are(typical, types.size(), features.size())
                && are(typicalLogits, types.size(), classes.size())
                && bias.length == types.size() && normal.length > 1;
        if (!fits) {
            throw new BundleException(file + " was made for other features or another network than this bundle has: use"
                    + " a bundle made in one piece");
        }
        rows = new int[types.size()];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = classes.indexOf(types.get(i));
        }
    }

    /** Returns the model of a bundle, null where it has none. */
    static Morphology load(Bundle bundle, List<String> classes) {
        return bundle.has(SECTION) ? new Morphology(bundle, new ArrayList<>(classes)) : null;
    }

    /**
     * Adds to the logits of a cell what its features say.
     *
     * @param logits the network's, -128 ... 127
     * @param row its features
     * @param table the softmax table
     * @param shift what the device adds to every cell: it is taken away first; null where that is not known
     * @return logits that are at most {@link #LOGIT_RANGE} apart
     */
    int[] apply(int[] logits, double[] row, double[] table, Shift shift) {
        double[] scores = normalScores(row);
        int[] found = logits.clone();
        if (shift != null) {
            for (int i = 0; i < scores.length; i++) {
                scores[i] -= shift.scores[i];
            }
            for (int i = 0; i < found.length; i++) {
                found[i] -= shift.logits[i];
            }
        }
        int[] before = new int[rows.length];
        int[] joined = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            before[i] = found[rows[i]];
            joined[i] = before[i] + (int) Math.floor(weight * logOdds(i, scores) + 0.5);
        }
        int raised = most(before) - most(joined) + difference(mass(before, table), mass(joined, table), table);
        for (int i = 0; i < rows.length; i++) {
            found[rows[i]] = joined[i] + raised;
        }
        int least = most(found) - LOGIT_RANGE;
        for (int i = 0; i < found.length; i++) {
            found[i] = Math.max(found[i], least);
        }
        return found;
    }

    private double logOdds(int type, double[] scores) {
        double total = 0.0;
        for (int i = 0; i < scores.length; i++) {
            total += scores[i] * weights[type][i];
        }
        return bias[type] + total;
    }

    /** Where features lie among the training cells, on a bell curve: 0 where one is undefined. */
    private double[] normalScores(double[] row) {
        double[] scores = new double[row.length];
        for (int i = 0; i < row.length; i++) {
            boolean known = !Double.isNaN(row[i]) && !Double.isInfinite(row[i]);
            scores[i] = known ? normalScore(row[i], levels[i]) : 0.0;
        }
        return scores;
    }

    /** Between levels on a straight line; where several levels are equal, the middle of their scores. */
    private double normalScore(double value, double[] own) {
        int below = 0;
        int upTo = 0;
        for (double level : own) {
            below += level < value ? 1 : 0;
            upTo += level <= value ? 1 : 0;
        }
        int last = normal.length - 1;
        int low = Math.max(below - 1, 0);
        int high = Math.min(below, last);
        if (upTo > below) {
            return (normal[high] + normal[upTo - 1]) / 2.0;
        }
        if (low == high) {
            return normal[low];
        }
        return normal[low] + (normal[high] - normal[low]) * ((value - own[low]) / (own[high] - own[low]));
    }

    /** Sum of the exponentials of some logits, in units of that of the greatest. */
    private static double mass(int[] logits, double[] table) {
        int top = most(logits);
        double total = 0.0;
        for (int logit : logits) {
            total += table[(int) Math.min((long) top - logit, LOGIT_RANGE)];
        }
        return total;
    }

    /** By how many units logits must rise so that their mass, {@code found}, becomes the one that is wanted. */
    private static int difference(double wanted, double found, double[] table) {
        double small = Math.min(wanted, found);
        double large = Math.max(wanted, found);
        int units = 0;
        while (units < LOGIT_RANGE && large * table[units] > small) {
            units++;
        }
        return found < wanted ? units : -units;
    }

    private static int most(int[] values) {
        int most = values[0];
        for (int value : values) {
            most = Math.max(most, value);
        }
        return most;
    }

    private static boolean are(double[][] table, int rows, int columns) {
        boolean fits = table.length == rows;
        for (double[] row : table) {
            fits &= row.length == columns;
        }
        return fits;
    }
}
