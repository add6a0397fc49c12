package org.lowcost;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * How unlike the training set a cell is: a distance on features, read against held-out cells of the same laboratories;
 * {@code lowcost.novelty}. Fixed order of additions, multiplications and divisions of doubles.
 */
public final class Novelty {
    static final String SECTION = "novelty";

    /** Names of the feature table. */
    private final List<String> features;
    /** Standard deviation of each within a kind of training cell. */
    private final double[] spread;
    /** A feature counts as at most this many spreads away. */
    private final double limit;
    /** Mean of each feature over the training cells of each kind. */
    private final double[][] kinds;
    /** Squared distances of held-out cells, evenly spaced in rank, ascending. */
    private final double[] steps;

    private Novelty(Section section) {
        features = section.texts("features");
        spread = section.numbers("spread", features.size());
        limit = section.number("limit");
        Section table = section.section("kinds");
        List<String> names = table.names();
        kinds = new double[names.size()][];
        for (int kind = 0; kind < kinds.length; kind++) {
            kinds[kind] = table.numbers(names.get(kind), features.size());
        }
        steps = section.numbers("steps");
        section.finish();
    }

    /** Returns the parameters of a bundle, null where it has none. */
    public static Novelty load(Bundle bundle) {
        return bundle.has(SECTION) ? new Novelty(bundle.section(SECTION)) : null;
    }

    /**
     * Returns the novelty of a cell, 0-1: the share of held-out cells that lie nearer to the training set; null for a cell
     * without features.
     *
     * @param values its features by name; one that is undefined says nothing
     */
    public Double ofCell(Map<String, Double> values) {
        if (values.isEmpty()) {
            return null;
        }
        double distance = squaredDistance(values);
        int below = 0; // the first step that is not less, found by halves
        int end = steps.length;
        while (below < end) {
            int middle = (below + end) / 2;
            if (steps[middle] < distance) {
                below = middle + 1;
            } else {
                end = middle;
            }
        }
        return (double) below / steps.length;
    }

    /** Returns the lower median of the novelty of a field's leukocytes, null where there are none. */
    public static Double ofField(double[] cells) {
        double[] ranked = cells.clone();
        Arrays.sort(ranked);
        return ranked.length == 0 ? null : (Double) ranked[(ranked.length - 1) / 2];
    }

    private double squaredDistance(Map<String, Double> values) {
        double nearest = Double.POSITIVE_INFINITY;
        for (double[] mean : kinds) {
            double total = 0.0;
            for (int i = 0; i < mean.length; i++) {
                Double value = values.get(features.get(i));
                if (value != null && !value.isNaN() && !value.isInfinite()) {
                    double away = Math.min(Math.abs(value - mean[i]) / spread[i], limit);
                    total += away * away;
                }
            }
            nearest = Math.min(nearest, total);
        }
        return nearest;
    }
}
