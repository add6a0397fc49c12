package org.lowcost;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;

/** What was found on the fields of one slide; {@code lowcost.result.SmearResult}. */
public final class SmearResult {
    private static final MathContext DIGITS = new MathContext(7, RoundingMode.HALF_EVEN);

    /** The fields in the order in which they were given. */
    public final List<Field> fields;

    /** Over all fields that were not rejected. */
    public final Differential differential;

    /** Inputs that could not be read. */
    public final List<Failure> failures;

    /** Versions, bundle name and digest, runtime: what is needed to repeat the analysis. */
    public final Map<String, String> provenance;

    /** Joins what belongs to a result. */
    public SmearResult(
            List<Field> fields, Differential differential, List<Failure> failures, Map<String, String> provenance) {
        this.fields = fields;
        this.differential = differential;
        this.failures = failures;
        this.provenance = provenance;
    }

    /** A measurement with seven significant digits: more differ from machine to machine, and mean nothing. */
    static double rounded(double value) {
        return value == 0 ? value : new BigDecimal(value).round(DIGITS).doubleValue();
    }
}
