package org.lowcost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The leukocyte differential of all accepted and doubtful fields together; {@code lowcost.differential}.
 *
 * <p>The limits of sampling are those of C. J. Clopper and E. S. Pearson (1934), doi:10.1093/biomet/26.4.404, found on a
 * grid of one millionth by bisection and rounded outwards. Everything is a fixed order of integer and double operations.
 */
public final class Differential {
    /** Probability left out on either side of a 95 % interval. */
    private static final double TAIL = 0.025;

    /** Steps between 0 and 1 among which the limits are searched: limits are multiples of 0.0001 %. */
    private static final int GRID = 1_000_000;

    private static final double NEGLIGIBLE = 1e-20;

    /** Leukocytes with a type: the denominator of the shares. */
    public final int counted;

    /** Every leukocyte type but unidentified, in the order of the taxonomy, also those of which none was found. */
    public final Map<String, Share> shares;

    /** All blast-equivalent types together. */
    public final Share blastEquivalents;

    /** For each threshold in percent {@code "below"}, {@code "above"} or {@code "crosses"} (the interval holds it). */
    public final Map<String, String> blastThresholds;

    /** Unidentified cells as a share of all leukocytes. */
    public final Share unidentified;

    /** Objects that are no leukocytes as a share of everything found. */
    public final Share artefacts;

    /** What this number of cells supports, in words. */
    public final String supports;

    /** Segmented and band neutrophils together: doubt between the two is none about them. */
    public final Share neutrophils;

    /** Joins what belongs to a differential. */
    public Differential(
            int counted,
            Map<String, Share> shares,
            Share blastEquivalents,
            Map<String, String> blastThresholds,
            Share unidentified,
            Share artefacts,
            String supports,
            Share neutrophils) {
        this.counted = counted;
        this.shares = shares;
        this.blastEquivalents = blastEquivalents;
        this.blastThresholds = blastThresholds;
        this.unidentified = unidentified;
        this.artefacts = artefacts;
        this.supports = supports;
        this.neutrophils = neutrophils;
    }

    /** The conventions that a differential is held against; the bundle's section {@code differential}. */
    public static final class Parameters {
        /** Cells of a routine differential. */
        final int routine;

        /** Cells of a work-up of leukemia. */
        final int workUp;

        /** Cells of the reference method (CLSI H20-A2). */
        final int reference;

        /** Percentages of blast equivalents that matter to a reader. */
        final int[] blastThresholds;

        /** Held-out cells by true type and by the type that they were given; empty where these are not known. */
        final Map<String, Map<String, Integer>> confusion;

        /** Steps in which the composition of a slide is estimated from it. */
        final int confusionRounds;

        /**
         * Reads the parameters.
         *
         * @param section the bundle's
         * @param known whether what it says of the classifier's errors holds ({@link Reliability})
         */
        public Parameters(Section section, boolean known) {
            routine = section.integer("routine");
            workUp = section.integer("work_up");
            reference = section.integer("reference");
            blastThresholds = section.integers("blast_thresholds");
            Map<String, Map<String, Integer>> found = new LinkedHashMap<>();
            if (section.has("confusion")) {
                Section table = section.section("confusion");
                for (String name : table.names()) {
                    found.put(name, table.tableOfIntegers(name));
                }
            }
            confusion = known ? found : Collections.<String, Map<String, Integer>>emptyMap();
            confusionRounds = section.has("confusion_rounds") ? section.integer("confusion_rounds") : 0;
            section.finish();
        }
    }

    /**
     * Counts the leukocytes of all fields that were not rejected. Cells cut by the edge count.
     *
     * @param fields the fields of one slide
     * @param parameters the bundle's
     */
    public static Differential measure(Collection<Field> fields, Parameters parameters) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        int found = 0;
        for (Field field : fields) {
            if (!field.verdict.equals("rejected")) {
                for (Cell cell : field.cells) {
                    counts.put(cell.type, count(counts, cell.type) + 1);
                    found++;
                }
            }
        }
        List<String> types = new ArrayList<>();
        List<String> blasts = new ArrayList<>();
        int counted = 0;
        for (Taxonomy.CellType type : Taxonomy.CELL_TYPES.values()) {
            if (type.isLeukocyte && !type.name.equals(Taxonomy.UNIDENTIFIED)) {
                types.add(type.name);
                counted += count(counts, type.name);
                if (type.isBlastEquivalent) {
                    blasts.add(type.name);
                }
            }
        }
        int unidentified = count(counts, Taxonomy.UNIDENTIFIED);
        int leukocytes = counted + unidentified;
        Misclassification slide = parameters.confusion.isEmpty() || counted == 0 ? null
                : new Misclassification(counts, parameters.confusion, types, parameters.confusionRounds);
        Map<String, Share> shares = new LinkedHashMap<>();
        for (String type : types) {
            shares.put(type, of(Collections.singletonList(type), counts, counted, slide));
        }
        Share blastEquivalents = of(blasts, counts, counted, slide);
        Map<String, String> thresholds = new LinkedHashMap<>();
        for (int percent : parameters.blastThresholds) {
            thresholds.put(Integer.toString(percent), position(blastEquivalents, percent));
        }
        return new Differential(
                counted,
                Collections.unmodifiableMap(shares),
                blastEquivalents,
                Collections.unmodifiableMap(thresholds),
                share(unidentified, leukocytes),
                share(found - leukocytes, found),
                supports(counted, parameters),
                of(Arrays.asList("neutrophil_segmented", "neutrophil_band"), counts, counted, slide));
    }

    /** Returns a proportion as a percentage with its exact 95 % limits; of nothing, the limits are 0 and 100. */
    public static Share share(int count, int total) {
        return share(count, total, null);
    }

    private static Share share(int count, int total, Limits withErrors) {
        if (total == 0) {
            return new Share(0, 0, 0.0, 0.0, 100.0, withErrors);
        }
        // The lower limit of what is counted is the upper limit of what is not, from the other end.
        double low = (GRID - upperLimit(total - count, total)) / (GRID / 100.0);
        double high = upperLimit(count, total) / (GRID / 100.0);
        return new Share(count, total, count * 100L / (double) total, low, high, withErrors);
    }

    /**
     * Returns the upper Clopper-Pearson limit of a proportion, in millionths, rounded up: the smallest proportion at
     * which so few turn up with a probability of at most 2.5 %.
     */
    static int upperLimit(int count, int total) {
        if (count == total) {
            return GRID;
        }
        int likely = 0;
        int unlikely = GRID;
        while (unlikely - likely > 1) {
            int middle = (likely + unlikely) / 2;
            if (atMost(count, total, middle) <= TAIL) {
                unlikely = middle;
            } else {
                likely = middle;
            }
        }
        return unlikely;
    }

    /**
     * Probability of {@code count} or fewer of {@code total}.
     *
     * <p>The terms are taken relative to the largest, from there outwards until they no longer matter, so nothing
     * underflows however many cells there are; every factor is one division of two exact integers.
     */
    private static double atMost(int count, int total, int millionths) {
        int other = GRID - millionths;
        int mode = (int) ((total + 1L) * millionths / GRID);
        double whole = 0.0;
        double part = 0.0;
        double term = 1.0;
        for (int k = mode; k >= 0; k--) { // the term is the probability of k over that of the mode
            if (term < NEGLIGIBLE) {
                break;
            }
            whole += term;
            if (k <= count) {
                part += term;
            }
            term *= (double) ((long) k * other) / (double) ((total - k + 1L) * millionths);
        }
        term = 1.0;
        for (int k = mode + 1; k <= total; k++) {
            term *= (double) ((total - k + 1L) * millionths) / (double) ((long) k * other);
            if (term < NEGLIGIBLE) {
                break;
            }
            whole += term;
            if (k <= count) {
                part += term;
            }
        }
        return part / whole;
    }

    private static Share of(List<String> names, Map<String, Integer> counts, int counted, Misclassification slide) {
        int count = 0;
        for (String name : names) {
            count += count(counts, name);
        }
        return share(count, counted, slide == null ? null : slide.limits(names));
    }

    /** Where the interval that allows for the classifier's errors, or else that of sampling, lies from a threshold. */
    private static String position(Share found, int percent) {
        double low = found.withErrors == null ? found.low : found.withErrors.low;
        double high = found.withErrors == null ? found.high : found.withErrors.high;
        return high < percent ? "below" : low >= percent ? "above" : "crosses";
    }

    /** What a number of cells supports, by convention (CLSI H20-A2; Ruemke 1985 on the limits). */
    private static String supports(int counted, Parameters parameters) {
        String cells = counted == 1 ? "1 leukocyte was" : counted + " leukocytes were";
        if (counted == 0) {
            return "No leukocyte was named: there is no differential.";
        }
        if (counted < parameters.routine) {
            return cells + " named, fewer than the " + parameters.routine
                    + " of a routine differential: read the limits, not the percentages, or add fields.";
        }
        if (counted < parameters.workUp) {
            return cells + " named: as many as a routine differential counts (" + parameters.routine
                    + "), fewer than a work-up of leukemia does (" + parameters.workUp + ").";
        }
        if (counted < parameters.reference) {
            return cells + " named: as many as a work-up of leukemia counts (" + parameters.workUp
                    + "), fewer than the reference method does (" + parameters.reference + ", CLSI H20-A2).";
        }
        return cells + " named: as many as the reference method counts (" + parameters.reference + ", CLSI H20-A2).";
    }

    private static int count(Map<String, Integer> counts, String name) {
        Integer found = counts.get(name);
        return found == null ? 0 : found;
    }
}
