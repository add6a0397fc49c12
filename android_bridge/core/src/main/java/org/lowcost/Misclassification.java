package org.lowcost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The share of a cell type when the classifier confuses types: limits that hold sampling and its errors together; {@code
 * lowcost.misclassification}.
 *
 * <p>The limits are those of Lang and Reiczigel (2014), doi:10.1016/j.prevetmed.2013.09.015. Fixed order of additions,
 * multiplications, divisions and square roots of doubles. One object stands for one slide.
 */
final class Misclassification {
    /** Standard normal quantile of a two-sided 95 % interval. */
    private static final double Z = 1.959963984540054;

    private static final double SQUARE = Z * Z;

    private final Map<String, Integer> counts;
    private final Map<String, Map<String, Integer>> confusion;
    private final List<String> types;
    private final List<String> leukocytes = new ArrayList<>();
    /** Of each type, the held-out cells that were named as a leukocyte. */
    private final Map<String, Integer> seen = new HashMap<>();

    /** What the true types share of the cells that were named as leukocytes. */
    private final Map<String, Double> shares = new HashMap<>();

    /** Some of the true types of a slide, mixed as they are on it. */
    private static final class Group {
        /** Theirs of the cells named as a leukocyte. */
        double share;

        /** How often these are named as the type in question, as seen on so many held-out cells. */
        double named;

        double cells;

        /** How many there are for each that is named as a leukocyte at all. */
        double lost;
    }

    /**
     * @param counts cells by the type that they were given
     * @param confusion held-out cells by true type and by the type that they were given
     * @param counted the types of {@code confusion} that count; the others can be taken for one of these
     * @param rounds steps of the estimate of what was there (expectation-maximisation; Dempster et al. 1977)
     */
    Misclassification(
            Map<String, Integer> counts,
            Map<String, Map<String, Integer>> confusion,
            Collection<String> counted,
            int rounds) {
        this.counts = counts;
        this.confusion = confusion;
        types = new ArrayList<>(confusion.keySet());
        for (String name : types) {
            if (counted.contains(name)) {
                leukocytes.add(name);
            }
        }
        for (String name : types) {
            seen.put(name, among(name, leukocytes));
        }
        estimate(rounds);
    }

    /** Returns the share of some leukocyte types, taken together, of all leukocytes, with its 95 % limits. */
    Limits limits(Collection<String> chosen) {
        int total = 0;
        for (String name : leukocytes) {
            total += count(counts, name);
        }
        if (total == 0) {
            return new Limits(0.0, 0.0, 100.0);
        }
        int named = 0;
        for (String name : chosen) {
            named += count(counts, name);
        }
        Group inside = group(leukocytes, chosen, true);
        Group others = group(leukocytes, chosen, false);
        Group outside = group(types, chosen, false);
        double[] limits = langReiczigel(named, total, inside.named, inside.cells, outside);
        // From what is named as a leukocyte to all that are leukocytes, named or not.
        double white = outside.share != 0 ? others.share / outside.share : 1.0;
        double estimate = ofAll(inside.share, others.share, inside.lost, others.lost);
        double low = ofAll(limits[0], (1.0 - limits[0]) * white, inside.lost, others.lost);
        double high = ofAll(limits[1], (1.0 - limits[1]) * white, inside.lost, others.lost);
        return new Limits(percent(estimate), percent(Math.min(low, estimate)), percent(Math.max(high, estimate)));
    }

    /** Held-out cells of a type that were given one of some types. */
    private int among(String type, Collection<String> named) {
        int total = 0;
        for (String name : named) {
            total += count(confusion.get(type), name);
        }
        return total;
    }

    private void estimate(int rounds) {
        int number = types.size();
        double[][] rows = new double[number][number];
        int total = 0;
        for (int i = 0; i < number; i++) {
            int named = among(types.get(i), types);
            for (int j = 0; j < number; j++) {
                // Of a type without held-out cells nothing is known; it is taken as named.
                int own = count(confusion.get(types.get(i)), types.get(j));
                rows[i][j] = named != 0 ? (double) own / named : i == j ? 1.0 : 0.0;
            }
            total += count(counts, types.get(i));
        }
        double[] found = new double[number];
        Arrays.fill(found, 1.0 / number);
        for (int round = 0; round < (total != 0 ? rounds : 0); round++) {
            double[] weights = new double[number];
            for (int j = 0; j < number; j++) {
                double expected = 0.0;
                for (int i = 0; i < number; i++) {
                    expected += found[i] * rows[i][j];
                }
                // Where no held-out cell was named so, cells that were are explained by nothing that is known.
                weights[j] = expected != 0 ? count(counts, types.get(j)) / expected : 0.0;
            }
            for (int i = 0; i < number; i++) {
                double sum = 0.0;
                for (int j = 0; j < number; j++) {
                    sum += rows[i][j] * weights[j];
                }
                found[i] = found[i] * sum / total;
            }
        }
        double whole = 0.0;
        for (int i = 0; i < number; i++) {
            double white = 0.0;
            for (int j = 0; j < number; j++) {
                if (leukocytes.contains(types.get(j))) {
                    white += rows[i][j];
                }
            }
            found[i] *= white;
            whole += found[i];
        }
        for (int i = 0; i < number; i++) {
            shares.put(types.get(i), whole != 0 ? found[i] / whole : 0.0);
        }
    }

    /** Some true types together, those that were chosen or all others, and how often they are named as chosen ones. */
    private Group group(List<String> among, Collection<String> chosen, boolean own) {
        List<String> members = new ArrayList<>();
        Group group = new Group();
        for (String name : among) {
            if (chosen.contains(name) == own) {
                members.add(name);
                group.share += shares.get(name);
            }
        }
        double spread = 0.0;
        boolean known = true;
        for (String name : members) {
            double weight = group.share != 0 ? shares.get(name) / group.share : 1.0 / members.size();
            if (weight == 0.0) {
                continue;
            }
            int cells = seen.get(name);
            known = known && cells > 0;
            if (cells != 0) {
                group.named += weight * among(name, chosen) / cells;
                spread += weight * weight / cells;
                int all = 0;
                for (int count : confusion.get(name).values()) {
                    all += count;
                }
                group.lost += weight * all / cells;
            } else {
                group.lost += weight;
            }
        }
        group.cells = known && spread != 0 ? 1.0 / spread : 0.0;
        return group;
    }

    /** Limits, 0-1, of the share of a type among cells of which {@code count} of {@code total} were named so. */
    private static double[] langReiczigel(int count, int total, double sensitivity, double cells, Group others) {
        double rate = (count + SQUARE / 2.0) / (total + SQUARE);
        double found = (cells * sensitivity + 1.0) / (cells + 2.0);
        double passed = (others.cells * (1.0 - others.named) + 1.0) / (others.cells + 2.0);
        double telling = found + passed - 1.0;
        if (telling <= 0.0) {
            return new double[] {0.0, 1.0}; // the name says nothing about the type
        }
        double foundVariance = found * (1.0 - found) / (cells + 2.0);
        double passedVariance = passed * (1.0 - passed) / (others.cells + 2.0);
        double share = (rate + passed - 1.0) / telling;
        double shift = 2.0 * SQUARE * (share * foundVariance - (1.0 - share) * passedVariance);
        double variance = rate * (1.0 - rate) / (total + SQUARE);
        variance += share * share * foundVariance + (1.0 - share) * (1.0 - share) * passedVariance;
        double half = Z * Math.sqrt(variance) / telling;
        double low = Math.min(Math.max(share + shift - half, 0.0), 1.0);
        double high = Math.min(Math.max(share + shift + half, 0.0), 1.0);
        return new double[] {low, high};
    }

    /** A share of what was named as a share of what there is. */
    private static double ofAll(double inside, double outside, double insideLost, double outsideLost) {
        double there = inside * insideLost;
        double rest = outside * outsideLost;
        return there != 0 ? there / (there + rest) : 0.0;
    }

    /** In steps of 0.0001 %, as the limits of sampling. */
    private static double percent(double share) {
        return Math.floor(share * 1_000_000.0 + 0.5) / 10_000.0;
    }

    private static int count(Map<String, Integer> counts, String name) {
        Integer found = counts.get(name);
        return found == null ? 0 : found;
    }
}
