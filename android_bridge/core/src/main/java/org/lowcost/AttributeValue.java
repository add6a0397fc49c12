package org.lowcost;

import java.util.List;

/** The value of one attribute of one cell; {@code lowcost.result.AttributeValue}. */
public final class AttributeValue {
    /** A name of {@link Taxonomy#ATTRIBUTES}. */
    public final String name;

    /** One of the attribute's values, or {@link Taxonomy#NOT_ASSESSABLE}. */
    public final String value;

    /** Probability of the value, 0-1; null where the value comes from a rule or is not assessable. */
    public final Double probability;

    /** {@code "trained"}, {@code "mapped"} or {@code "rule (not validated)"}: how the value was come by. */
    public final String evidence;

    /** The features that weighed most, heaviest first; at most three. */
    public final List<Reason> reasons;

    /** Joins what belongs to a value. */
    public AttributeValue(String name, String value, Double probability, String evidence, List<Reason> reasons) {
        this.name = name;
        this.value = value;
        this.probability = probability;
        this.evidence = evidence;
        this.reasons = reasons;
    }
}
