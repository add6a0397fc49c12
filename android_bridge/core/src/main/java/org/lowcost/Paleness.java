package org.lowcost;

import org.lowcost.raster.Rgb;

/** Brings a pale photograph to the strength of stain that cells are looked for in; {@code lowcost.paleness}. */
final class Paleness {
    /** What counts as pale; the bundle's section {@code paleness}. */
    static final class Parameters {
        /** Median darkness of the objects below which a photograph is pale, and to which it is brought. */
        final int darkness;

        /** Greatest factor of its densities, percent: more would be noise. */
        final int mostPercent;

        /** Optical density, thousandths, of each value 0-255. */
        final int[] densityTable;

        /** Reads the parameters. */
        Parameters(Bundle bundle) {
            Section section = bundle.section("paleness");
            darkness = section.integer("darkness");
            mostPercent = section.integer("most_percent");
            section.finish();
            densityTable = bundle.section("stain").integers("density_table", 256);
        }
    }

    private Paleness() {}

    /**
     * Returns the value that each balanced value gets in a pale photograph; null for one that is not pale.
     *
     * @param darkness median darkness of its objects, grey levels of {@code white}
     * @param white value of the background
     * @param parameters what counts as pale
     */
    static byte[] tones(int darkness, int white, Parameters parameters) {
        if (darkness >= parameters.darkness) {
            return null;
        }
        int found = parameters.densityTable[white - darkness];
        int wanted = parameters.densityTable[white - parameters.darkness];
        return Strength.tones(
                parameters.densityTable, wanted, Math.max(found, wanted * 100 / parameters.mostPercent));
    }

    /** Replaces each value of an image; without a table the image is returned as it is. */
    static Rgb toned(Rgb image, byte[] tones) {
        if (tones == null) {
            return image;
        }
        Rgb toned = new Rgb(image.width, image.height);
        for (int i = 0; i < image.data.length; i++) {
            toned.data[i] = tones[image.data[i] & 255];
        }
        return toned;
    }
}
