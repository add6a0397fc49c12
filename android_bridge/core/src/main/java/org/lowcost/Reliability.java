package org.lowcost;

/**
 * Whether what a bundle says about its classifier's errors was measured with this very classifier; {@code
 * lowcost.reliability}.
 */
public final class Reliability {
    private static final String SECTION = "reliability";

    private Reliability() {}

    /** Returns whether a bundle's errors are those of its classifier. */
    public static boolean holds(Bundle bundle) {
        if (!bundle.has(SECTION)) {
            return false;
        }
        Section stated = bundle.section(SECTION);
        String network = stated.text("network");
        double temperature = stated.number("temperature");
        double leukocyteLimit = stated.number("leukocyte_limit");
        double typeLimit = stated.number("type_limit");
        boolean corrected = stated.flag("corrected");
        stated.finish();
        Classifier.Parameters own = new Classifier.Parameters(bundle.section("classifier"));
        return network.equals(Bundle.sha256(bundle.file(own.file)))
                && temperature == own.temperature
                && leukocyteLimit == own.leukocyteLimit
                && typeLimit == own.typeLimit
                && corrected == bundle.has(Correction.SECTION);
    }
}
