package org.lowcost;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The types that a cell may have: class-conditional conformal sets (Vovk 2013, doi:10.1007/s10994-013-5355-6); {@code
 * lowcost.conformal}.
 */
public final class Conformal {
    static final String SECTION = "conformal";

    /** Probability from which on a cell may be of each type; a type without held-out cells is never listed. */
    private final Map<String, Double> least;

    private Conformal(Section section) {
        section.integer("coverage_percent"); // for people; what it makes of cells is the limits
        least = section.tableOfNumbers("least");
        section.finish();
    }

    /** Returns the limits of a bundle, null where it has none. */
    public static Conformal load(Bundle bundle) {
        return bundle.has(SECTION) ? new Conformal(bundle.section(SECTION)) : null;
    }

    /**
     * Returns the types that a cell may have, most probable first.
     *
     * @param kind the type that it was given, which is listed always, but for unidentified
     * @param probabilities probability of every class
     */
    public List<String> possibleTypes(String kind, final Map<String, Double> probabilities) {
        List<String> listed = new ArrayList<>();
        for (Map.Entry<String, Double> entry : probabilities.entrySet()) {
            Double limit = least.get(entry.getKey());
            if (entry.getKey().equals(kind) || limit != null && entry.getValue() >= limit) {
                listed.add(entry.getKey());
            }
        }
        Collections.sort(listed, new Comparator<String>() { // keeps the order of equals
            @Override
            public int compare(String one, String other) {
                return Double.compare(probabilities.get(other), probabilities.get(one));
            }
        });
        return Collections.unmodifiableList(listed);
    }
}
