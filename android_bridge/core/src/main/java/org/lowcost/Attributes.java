package org.lowcost;

import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.features.Compute;
import org.lowcost.model.Trees;

/**
 * Morphological attributes of a cell: gradient-boosted heads on its features and on what the network sees in it; {@code
 * lowcost.attributes}.
 */
public final class Attributes {
    /** Features named for each value; the embedding as a whole counts as one. */
    private static final int REASONS = 3;

    private static final String TRAINED = "trained";
    private static final String MAPPED = "mapped";
    private static final String RULE = "rule (not validated)";

    /** Cells of images coarser than this have no assessable attributes, um/px. */
    public final double coarsestUmPerPx;

    private final Map<String, Head> heads = new LinkedHashMap<>();
    private final Map<String, Mapping> mapped = new LinkedHashMap<>();
    private final Map<String, Rule> rules = new LinkedHashMap<>();
    /** Whether the embedding is that of the network which the heads learnt from. */
    private final boolean ownNetwork;

    /** An attribute read off another one's head. */
    private static final class Mapping {
        String source;
        /** This attribute's value for each value of the source. */
        Map<String, String> values;
    }

    /** An attribute told by one feature. */
    private static final class Rule {
        String feature;
        /** Ascending limits in the feature's unit: the first value below the first, the next from there on ... */
        double[] cuts;
    }

    /** One trained attribute. */
    private static final class Head {
        final String name;
        final List<String> values;
        /** With one score for each value; of two values only the second has one. */
        final Trees trees;
        /** What is added to each value's raw score before the largest wins. */
        final double[] offsets;

        Head(String name, String text, double[] offsets) {
            this.name = name;
            this.offsets = offsets;
            trees = new Trees(text, "the model of attribute '" + name + "'");
            if (!trees.names.equals(inputs(trees.names.size() - Compute.NAMES.size()))) {
                throw new BundleException("the model of attribute '" + name + "' was trained on another feature table"
                        + " than this version of lowcost computes: use the bundle made for it");
            }
            Taxonomy.Attribute attribute = Taxonomy.ATTRIBUTES.get(name);
            values = attribute == null ? Collections.<String>emptyList() : attribute.values;
            if (trees.values != (values.size() == 2 ? 1 : values.size()) || offsets.length != values.size()) {
                throw new BundleException("the model of attribute '" + name
                        + "' tells other values than the taxonomy: restore the bundle");
            }
        }

        double[] scores(double[] row) {
            double[] raw = trees.scores(row);
            return trees.values == 1 ? new double[] {0.0, raw[0]} : raw;
        }

        /** Contributions to the chosen value's score: of every feature, and last of the embedding as a whole. */
        double[] contributions(double[] row, int chosen) {
            // Of two values, whose scores are each other's opposites, so are the contributions.
            boolean two = trees.values == 1;
            double sign = two && chosen == 0 ? -1.0 : 1.0;
            double[] weights = trees.contributions(row, two ? 0 : chosen);
            double[] found = new double[Compute.NAMES.size() + 1];
            for (int i = 0; i < weights.length; i++) {
                found[Math.min(i, found.length - 1)] += sign * weights[i];
            }
            return found;
        }
    }

    /** What a head says: its value and the probability of each of its values. */
    private static final class Told {
        AttributeValue value;
        double[] shares;
    }

    private Attributes(Bundle bundle) {
        Section section = bundle.section("attributes");
        coarsestUmPerPx = section.number("coarsest_um_per_px");
        Section offsets = section.section("offsets");
        for (String name : offsets.names()) {
            String text = new String(bundle.file("attributes/" + name + ".txt"), Charset.forName("UTF-8"));
            heads.put(name, new Head(name, text, offsets.numbers(name)));
        }
        Section mappings = section.section("mapped");
        for (String name : mappings.names()) {
            Section own = mappings.section(name);
            Mapping mapping = new Mapping();
            mapping.source = own.text("source");
            mapping.values = own.tableOfTexts("values");
            own.finish();
            check(name, mapping);
            mapped.put(name, mapping);
        }
        Section limits = section.section("rules");
        for (String name : limits.names()) {
            Section own = limits.section(name);
            Rule rule = new Rule();
            rule.feature = own.text("feature");
            rule.cuts = own.numbers("cuts");
            own.text("reason"); // for people
            own.finish();
            check(name, rule);
            rules.put(name, rule);
        }
        String network = section.has("network") ? section.text("network") : "";
        section.finish();
        ownNetwork = network.equals(Bundle.sha256(bundle.file(bundle.section("classifier").text("file"))));
    }

    /** Reads the heads of a bundle. */
    public static Attributes load(Bundle bundle) {
        return new Attributes(bundle);
    }

    /**
     * Tells the attributes of a cell.
     *
     * @param row its features in the order of {@link Compute#NAMES}
     * @param embedding what the network saw in it ({@link Classifier.Seen}); null where it saw nothing: what a head that
     *     reads it would tell is then not assessable
     * @param assessable whether the cell's image resolves what the attributes need
     * @return its attributes by name, in the order of the taxonomy
     */
    public Map<String, AttributeValue> predict(double[] row, byte[] embedding, boolean assessable) {
        double[] inputs = row;
        if (embedding != null && ownNetwork) {
            inputs = Arrays.copyOf(row, row.length + embedding.length);
            for (int i = 0; i < embedding.length; i++) {
                inputs[row.length + i] = embedding[i];
            }
        }
        Map<String, Told> trained = new HashMap<>();
        for (Head head : heads.values()) {
            if (assessable && head.trees.names.size() <= inputs.length) {
                trained.put(head.name, told(head, inputs));
            }
        }
        Map<String, AttributeValue> found = new LinkedHashMap<>();
        for (String name : Taxonomy.ATTRIBUTES.keySet()) {
            if (heads.containsKey(name)) {
                found.put(name, trained.containsKey(name) ? trained.get(name).value : unable(name, TRAINED));
            } else if (mapped.containsKey(name)) {
                Told source = trained.get(mapped.get(name).source);
                found.put(name, source == null ? unable(name, MAPPED) : mapped(name, mapped.get(name), source));
            } else if (rules.containsKey(name)) {
                found.put(name, assessable ? ruled(name, rules.get(name), row) : unable(name, RULE));
            }
        }
        return Collections.unmodifiableMap(found);
    }

    private static Told told(Head head, double[] row) {
        double[] scores = head.scores(row);
        int chosen = 0;
        double most = scores[0];
        for (int value = 1; value < scores.length; value++) {
            if (scores[value] + head.offsets[value] > scores[chosen] + head.offsets[chosen]) {
                chosen = value;
            }
            most = Math.max(most, scores[value]);
        }
        Told told = new Told();
        told.shares = new double[scores.length];
        double total = 0.0;
        for (int value = 0; value < scores.length; value++) {
            told.shares[value] = Math.exp(scores[value] - most);
            total += told.shares[value];
        }
        for (int value = 0; value < scores.length; value++) {
            told.shares[value] /= total;
        }
        List<Reason> reasons = reasons(head.contributions(row, chosen), row);
        double probability = SmearResult.rounded(told.shares[chosen]);
        told.value = new AttributeValue(head.name, head.values.get(chosen), probability, TRAINED, reasons);
        return told;
    }

    /** The features of the largest contributions, heaviest first, of equals the first. */
    private static List<Reason> reasons(double[] weights, double[] row) {
        List<Reason> found = new ArrayList<>(REASONS);
        boolean[] taken = new boolean[weights.length];
        for (int rank = 0; rank < REASONS; rank++) {
            int heaviest = -1;
            for (int i = 0; i < weights.length; i++) {
                if (!taken[i] && (heaviest < 0 || Math.abs(weights[i]) > Math.abs(weights[heaviest]))) {
                    heaviest = i;
                }
            }
            taken[heaviest] = true;
            boolean network = heaviest == weights.length - 1;
            double value = network ? 0.0 : row[heaviest];
            if (weights[heaviest] != 0 && !Double.isNaN(value) && !Double.isInfinite(value)) {
                String name = network ? Reason.NETWORK : Compute.NAMES.get(heaviest);
                Double shown = network ? null : (Double) SmearResult.rounded(value);
                found.add(new Reason(name, shown, SmearResult.rounded(weights[heaviest])));
            }
        }
        return Collections.unmodifiableList(found);
    }

    private AttributeValue mapped(String name, Mapping mapping, Told source) {
        List<String> values = heads.get(mapping.source).values;
        String value = mapping.values.get(source.value.value);
        double probability = 0.0;
        for (int i = 0; i < source.shares.length; i++) {
            if (mapping.values.get(values.get(i)).equals(value)) {
                probability += source.shares[i];
            }
        }
        return new AttributeValue(name, value, SmearResult.rounded(probability), MAPPED, source.value.reasons);
    }

    private static AttributeValue ruled(String name, Rule rule, double[] row) {
        double measured = row[Compute.NAMES.indexOf(rule.feature)];
        if (Double.isNaN(measured) || Double.isInfinite(measured)) {
            return unable(name, RULE);
        }
        int passed = 0;
        for (double cut : rule.cuts) {
            passed += measured >= cut ? 1 : 0;
        }
        String value = Taxonomy.ATTRIBUTES.get(name).values.get(passed);
        return new AttributeValue(name, value, null, RULE,
                Collections.singletonList(new Reason(rule.feature, SmearResult.rounded(measured), 1.0)));
    }

    private static AttributeValue unable(String name, String evidence) {
        return new AttributeValue(name, Taxonomy.NOT_ASSESSABLE, null, evidence, Collections.<Reason>emptyList());
    }

    /** The names of what a head reads: the features, and the columns of an embedding. */
    private static List<String> inputs(int width) {
        List<String> found = new ArrayList<>(Compute.NAMES);
        for (int column = 0; column < width; column++) {
            found.add("embedding_" + column);
        }
        return found;
    }

    private void check(String name, Mapping mapping) {
        Taxonomy.Attribute source = Taxonomy.ATTRIBUTES.get(mapping.source);
        Taxonomy.Attribute own = Taxonomy.ATTRIBUTES.get(name);
        boolean known = heads.containsKey(mapping.source) && source != null && own != null
                && mapping.values.size() == source.values.size() && mapping.values.keySet().containsAll(source.values);
        if (!known) {
            throw new BundleException("attribute '" + name + "' is mapped from '" + mapping.source
                    + "', which has no such head: restore the bundle");
        }
        if (!own.values.containsAll(mapping.values.values())) {
            throw new BundleException(
                    "attribute '" + name + "' is mapped to values that it cannot take: restore the bundle");
        }
    }

    private static void check(String name, Rule rule) {
        Taxonomy.Attribute own = Taxonomy.ATTRIBUTES.get(name);
        boolean fits = own != null && Compute.NAMES.contains(rule.feature) && rule.cuts.length + 1 == own.values.size();
        if (!fits) {
            throw new BundleException("the rule of attribute '" + name
                    + "' names no feature of the table or has too few cuts: restore the bundle");
        }
    }
}
