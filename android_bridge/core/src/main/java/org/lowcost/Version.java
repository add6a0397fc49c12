package org.lowcost;

/** The version of the code; {@code lowcost.__version__}. */
public final class Version {
    /** As results and archives state it. */
    public static final String NAME = "0.1.0.dev0";

    private Version() {}
}
