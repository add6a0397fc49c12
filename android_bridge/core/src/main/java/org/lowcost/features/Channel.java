package org.lowcost.features;

/** What is known of each pixel of a cell. */
enum Channel {
    /** Optical density in hundredths. */
    RED("red"),
    GREEN("green"),
    BLUE("blue"),

    /** The balanced values. */
    RED_VALUE("red_value"),
    GREEN_VALUE("green_value"),
    BLUE_VALUE("blue_value"),

    /** The channel's density as a share of the sum of the three, 0-255. */
    RED_SHARE("red_share"),
    BLUE_SHARE("blue_share"),

    /** The mean of the three densities, rounded down. */
    MEAN("mean");

    /** The colour channels, in order. */
    static final Channel[] LIGHT = {RED, GREEN, BLUE};

    /** Name within names of features. */
    final String label;

    Channel(String label) {
        this.label = label;
    }

    /** The balanced values from which a density comes; null for anything else. */
    Channel value() {
        return ordinal() < LIGHT.length ? values()[ordinal() + LIGHT.length] : null;
    }
}
