package org.lowcost;

import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import org.lowcost.features.Compute;
import org.lowcost.model.Trees;

/**
 * What the measured morphology of a cell says of its type, beside the network; {@code lowcost.morphology}.
 *
 * <p>Gradient-boosted trees on the feature table score the types of nucleated cells, and the scores are added to the
 * network's logits. How sure the network is that an object is one of them at all stays as it was.
 */
final class Morphology {
    static final String SECTION = "morphology";

    private static final int RANGE = 255;

    private final Trees trees;
    /** What one unit of a score adds, in units of the int8 logits. */
    private final double weight;
    /** Where the types that are scored stand among the logits. */
    private final int[] rows;

    private Morphology(Bundle bundle, List<String> classes) {
        Section section = bundle.section(SECTION);
        String file = section.text("file");
        List<String> scored = section.texts("classes");
        weight = section.number("weight");
        section.finish();
        trees = new Trees(new String(bundle.file(file), Charset.forName("UTF-8")), file);
        boolean known = trees.values == scored.size() && scored.size() >= 2;
        if (!known || !trees.names.equals(Compute.NAMES) || !classes.containsAll(scored)) {
            throw new BundleException(file + " was made for other features or another network than this bundle has: use"
                    + " a bundle made in one piece");
        }
        rows = new int[scored.size()];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = classes.indexOf(scored.get(i));
        }
    }

    /** Returns the trees of a bundle, null where it has none. */
    static Morphology load(Bundle bundle, List<String> classes) {
        return bundle.has(SECTION) ? new Morphology(bundle, new ArrayList<>(classes)) : null;
    }

    /**
     * Adds to the logits of a cell what its features say.
     *
     * @param logits the network's, -128 ... 127
     * @param row its features
     * @param table the softmax table
     * @return logits that are at most 255 apart
     */
    int[] apply(int[] logits, double[] row, double[] table) {
        double[] scores = trees.scores(row);
        int[] before = new int[rows.length];
        int[] joined = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            before[i] = logits[rows[i]];
            joined[i] = before[i] + (int) Math.floor(weight * scores[i] + 0.5);
        }
        int shift = most(before) - most(joined) + difference(mass(before, table), mass(joined, table), table);
        int[] found = logits.clone();
        for (int i = 0; i < rows.length; i++) {
            found[rows[i]] = joined[i] + shift;
        }
        int least = most(found) - RANGE;
        for (int i = 0; i < found.length; i++) {
            found[i] = Math.max(found[i], least);
        }
        return found;
    }

    /** Sum of the exponentials of some logits, in units of that of the greatest. */
    private static double mass(int[] logits, double[] table) {
        int top = most(logits);
        double total = 0.0;
        for (int logit : logits) {
            total += table[(int) Math.min((long) top - logit, RANGE)];
        }
        return total;
    }

    /** By how many units logits must rise so that their mass, {@code found}, becomes the one that is wanted. */
    private static int difference(double wanted, double found, double[] table) {
        double small = Math.min(wanted, found);
        double large = Math.max(wanted, found);
        int units = 0;
        while (units < RANGE && large * table[units] > small) {
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
}
