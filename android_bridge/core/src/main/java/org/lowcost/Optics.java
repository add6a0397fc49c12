package org.lowcost;

import org.lowcost.image.Illumination;
import org.lowcost.image.Quality;
import org.lowcost.image.RedCells;
import org.lowcost.image.Resample;
import org.lowcost.raster.Rgb;

/** A photograph and what was measured of its light and scale; {@code lowcost.optics}. */
public final class Optics {
    /** The photograph. */
    public final Rgb pixels;

    /** By how much it was shrunk for the search. */
    public final int factor;

    /** White point and mask of the shrunk photograph. */
    public final Illumination light;

    /** The shrunk photograph with its background brought to white, and its stain to an ordinary strength. */
    public final Rgb balanced;

    /** What that makes of each balanced value; null where the stain is not pale. */
    final byte[] tones;

    /** um per px of {@link #pixels}. */
    public final Scale scale;

    /** The verdict. */
    public final Quality quality;

    private Optics(
            Rgb pixels, int factor, Illumination light, Rgb balanced, byte[] tones, Scale scale, Quality quality) {
        this.pixels = pixels;
        this.factor = factor;
        this.light = light;
        this.balanced = balanced;
        this.tones = tones;
        this.scale = scale;
        this.quality = quality;
    }

    /** What decides how optics are measured, from a bundle. Any thread may use it. */
    public static final class Parameters {
        final Resampling resampling;
        final Illumination.Parameters illumination;
        final RedCells.Parameters scale;
        final Quality.Parameters quality;
        final Paleness.Parameters paleness;

        /** Reads the parameters. */
        public Parameters(Bundle bundle) {
            resampling = new Resampling(bundle.section("resample"));
            illumination = new Illumination.Parameters(bundle.section("illumination"));
            scale = new RedCells.Parameters(bundle.section("scale"));
            quality = new Quality.Parameters(bundle.section("quality"));
            paleness = new Paleness.Parameters(bundle);
        }
    }

    /**
     * Measures light, scale and quality of a photograph.
     *
     * @param pixels the photograph
     * @param known its scale, null where that is to be measured
     * @param device what is known of the device that took it, null where nothing is
     * @param parameters how to measure
     */
    public static Optics measure(Rgb pixels, Scale known, Device device, Parameters parameters) {
        int factor = factor(pixels, parameters.resampling.coarsePixels);
        Rgb coarse = Resample.blockMean(pixels, factor);
        Illumination own = Illumination.measure(coarse, parameters.illumination, null);
        Illumination light = device == null ? own : device.light(own, coarse, pixels);
        Rgb balanced = light.balance(coarse);
        Scale measured = RedCells.measure(balanced, light.mask, parameters.scale).enlarged(factor);
        if (known == null && measured.source.equals("unknown")) {
            measured = RedCells.measureCloser(pixels, light, factor, measured, parameters.scale);
        }
        Scale ruler = known == null ? measured : known;
        if (device != null) {
            ruler = device.scale(ruler, pixels);
        }
        Quality verdict = Quality.assess(pixels, balanced, light, ruler, measured, parameters.quality);
        if (device != null) {
            verdict = device.judge(verdict, own, ruler, pixels);
        }
        int darkness = (int) (double) verdict.metrics.get("object_darkness");
        byte[] tones = Paleness.tones(darkness, light.white, parameters.paleness);
        return new Optics(pixels, factor, light, Paleness.toned(balanced, tones), tones, ruler, verdict);
    }

    /** The largest integer by which a photograph can be shrunk. */
    private static int factor(Rgb pixels, int coarsePixels) {
        int times = (int) ((long) pixels.width * pixels.height / coarsePixels);
        int root = 1;
        while ((root + 1) * (root + 1) <= times) {
            root++;
        }
        return root;
    }
}
