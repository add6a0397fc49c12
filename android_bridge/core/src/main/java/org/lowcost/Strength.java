package org.lowcost;

import org.lowcost.raster.Rgb;

/**
 * Brings the stain of a crop to one strength before the network sees it; {@code lowcost.strength}.
 *
 * <p>All optical densities of a crop are multiplied by one factor, so that its chromatin, the darkest part of its middle,
 * has one density in green light.
 */
public final class Strength {
    /** How the strength is measured and set; the bundle's section {@code strength}. */
    public static final class Parameters {
        /** Edge of the square in the middle of the crop in which chromatin is looked for, um. */
        final double middleUm;

        /** The density of chromatin is the one that this share of the square reaches, percent. */
        final int darkestPercent;

        /** Green density that it is given, thousandths of OD. */
        final int density;

        /** Least factor, percent: what holds no chromatin is not made to. */
        final int weakestPercent;

        /** Greatest factor, percent. */
        final int strongestPercent;

        /** Reads the parameters. */
        public Parameters(Section section) {
            middleUm = section.number("middle_um");
            darkestPercent = section.integer("darkest_percent");
            density = section.integer("density");
            weakestPercent = section.integer("weakest_percent");
            strongestPercent = section.integer("strongest_percent");
            section.finish();
        }
    }

    private final Parameters parameters;
    /** Optical density, thousandths, of each value 0-255; it falls to 0. */
    private final int[] table;

    private final int edge;

    private Strength(Parameters parameters, int[] table, double umPerPx) {
        this.parameters = parameters;
        this.table = table;
        edge = (int) (parameters.middleUm / umPerPx + 0.5);
    }

    /** Returns the levelling of a bundle for crops of some scale, um/px. */
    public static Strength load(Bundle bundle, double umPerPx) {
        int[] table = bundle.section("stain").integers("density_table", 256);
        return new Strength(new Parameters(bundle.section("strength")), table, umPerPx);
    }

    /** Returns a square crop, the cell in its middle, with its stain brought to one strength. */
    public Rgb level(Rgb crop) {
        // The factor is wanted / found, within its limits.
        int wanted = parameters.density;
        int strongest = wanted * 100 / parameters.strongestPercent;
        int weakest = wanted * 100 / parameters.weakestPercent;
        int found = Math.min(Math.max(Math.max(chromatin(crop), strongest), 1), weakest);
        return Paleness.toned(crop, tones(table, wanted, found));
    }

    /**
     * Returns the value that each value 0-255 gets where all densities are multiplied by {@code wanted / found}: the
     * brightest that is at least as dense; light beyond the background's stays as it is.
     *
     * @param table optical density, thousandths, of each value; it falls to 0 at the white of the background
     * @param wanted density, thousandths
     * @param found density, thousandths, positive
     */
    static byte[] tones(int[] table, int wanted, int found) {
        byte[] values = new byte[256];
        for (int value = 0; value < 256; value++) {
            int brightest = value;
            if (table[value] > 0) {
                int density = table[value] * wanted / found;
                brightest = 255;
                while (brightest > 0 && table[brightest] < density) {
                    brightest--;
                }
            }
            values[value] = (byte) brightest;
        }
        return values;
    }

    /** Green density that the darkest part of the middle reaches. */
    private int chromatin(Rgb crop) {
        int first = (crop.width - edge) / 2;
        int[] counts = new int[256];
        for (int y = first; y < first + edge; y++) {
            for (int x = first; x < first + edge; x++) {
                counts[crop.data[3 * (y * crop.width + x) + 1] & 255]++;
            }
        }
        int rank = edge * edge * parameters.darkestPercent / 100;
        int value = 0;
        for (int below = counts[0]; below <= rank; below += counts[value]) {
            value++;
        }
        return table[value];
    }
}
