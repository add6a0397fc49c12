package org.lowcost;

import java.util.ArrayList;
import java.util.List;
import org.lowcost.features.Compute;
import org.lowcost.image.Illumination;
import org.lowcost.image.Quality;
import org.lowcost.json.Numbers;
import org.lowcost.raster.Rgb;

/**
 * A device's profile in use: it helps where a field cannot tell by itself, and says where a field contradicts it; {@code
 * lowcost.device.Device}. Any thread may use it.
 */
public final class Device {
    /** Places, -1 ... 1 across width and height, where two flat fields are compared: so many along an axis ... */
    private static final int PLACES = 9;

    /** ... from the negative of this to this. */
    private static final double OUTERMOST = 0.8;

    /** What was measured of the device. */
    public final Profile profile;

    /** What it adds to every cell; null where that is unknown. */
    public final Shift shift;

    /** What its verified cells change about the probabilities; null where there were none. */
    public final Recalibration recalibration;

    private final Illumination.Parameters illumination;
    private final double rulerConfidence;
    private final double scaleTolerance;
    private final double lightTolerance;
    private final double lightBackground;

    /**
     * A profile for use with a bundle.
     *
     * @throws InputException the profile was made with another bundle
     */
    public Device(Profile profile, Bundle bundle) {
        String ours = bundle.name() + " " + bundle.version();
        shift = profile.shift;
        recalibration = profile.recalibration;
        int classes = bundle.section("classifier").texts("classes").size();
        boolean fits = shift == null || shift.scores.length == Compute.NAMES.size() && shift.logits.length == classes;
        fits &= recalibration == null || recalibration.added.length == classes;
        if (!profile.bundle.equals(ours) || !fits) {
            throw new InputException("the device profile '" + profile.name + "' was made with the bundle "
                    + profile.bundle + ", this one is " + ours + ": use that bundle, or " + Profile.AGAIN);
        }
        this.profile = profile;
        illumination = new Illumination.Parameters(bundle.section("illumination"));
        Section section = bundle.section("device");
        rulerConfidence = section.number("ruler_confidence");
        scaleTolerance = section.number("scale_tolerance");
        lightTolerance = section.number("light_tolerance");
        lightBackground = section.number("light_background");
    }

    /**
     * The light of a photograph with the device's flat field.
     *
     * @param own as measured on the photograph alone; it stays where the profile does not apply or is contradicted
     * @param coarse the shrunk photograph
     * @param photograph the photograph
     */
    Illumination light(Illumination own, Rgb coarse, Rgb photograph) {
        if (profile.flatField == null || !fits(photograph) || isOtherLight(own)) {
            return own;
        }
        return Illumination.measure(coarse, illumination, profile.flatField);
    }

    /** The scale of a photograph: its own where that can tell, else the device's. */
    Scale scale(Scale measured, Rgb photograph) {
        boolean canTell = !measured.source.equals("unknown") && measured.confidence >= rulerConfidence;
        if (canTell || !fits(photograph)) {
            return measured;
        }
        return new Scale(profile.umPerPxX, profile.umPerPxY, "device", 1.0 - profile.umPerPxSpread);
    }

    /**
     * The verdict on a photograph with what contradicts the profile; of a rejected one nothing is added.
     *
     * @param quality the verdict
     * @param own the light as measured on the photograph alone
     * @param scale what {@link #scale} returned
     * @param photograph the photograph
     */
    Quality judge(Quality quality, Illumination own, Scale scale, Rgb photograph) {
        if (quality.verdict.equals(Quality.REJECTED)) {
            return quality;
        }
        List<String> reasons = new ArrayList<>(quality.reasons);
        if (!fits(photograph)) {
            reasons.add("not as large as the device profile's photographs (" + profile.width + " x " + profile.height
                    + " px): the profile was not used");
        } else {
            if (isOtherScale(scale)) {
                boolean given = scale.source.equals("given");
                reasons.add(Numbers.general(mean(scale.umPerPxX, scale.umPerPxY), 3) + " um per px "
                        + (given ? "as given" : "by its " + scale.source) + ", "
                        + Numbers.general(mean(profile.umPerPxX, profile.umPerPxY), 3)
                        + " by the device profile: check objective and zoom, or "
                        + (given ? "leave um per px out" : "give um per px") + " (--um-per-px)");
            }
            if (profile.flatField != null && isOtherLight(own)) {
                reasons.add("the light falls off otherwise than in the device profile: calibrate again");
            }
        }
        return reasons.size() == quality.reasons.size()
                ? quality
                : new Quality(Quality.DOUBTFUL, reasons, quality.metrics);
    }

    private boolean fits(Rgb photograph) {
        return photograph.width == profile.width && photograph.height == profile.height;
    }

    private boolean isOtherScale(Scale scale) {
        double ratio = mean(scale.umPerPxX, scale.umPerPxY) / mean(profile.umPerPxX, profile.umPerPxY);
        return Math.max(ratio, 1.0 / ratio) > 1.0 + scaleTolerance;
    }

    private static double mean(double x, double y) {
        return Math.sqrt(x * y);
    }

    /** Whether a field with enough background to tell is lit otherwise than the profile says. */
    private boolean isOtherLight(Illumination own) {
        if (own.backgroundShare < lightBackground || profile.flatField == null) {
            return false;
        }
        double[][] difference = new double[6][3];
        for (int term = 0; term < 6; term++) {
            for (int channel = 0; channel < 3; channel++) {
                double falloff = own.coefficients[term][channel] / own.coefficients[0][channel];
                difference[term][channel] = falloff - profile.flatField[term][channel];
            }
        }
        return largest(difference) > lightTolerance;
    }

    /** The largest absolute value of a surface without its first term. */
    private static double largest(double[][] surface) {
        double step = (OUTERMOST - -OUTERMOST) / (PLACES - 1);
        double largest = 0.0;
        for (int row = 0; row < PLACES; row++) {
            double v = row * step - OUTERMOST;
            for (int column = 0; column < PLACES; column++) {
                double u = column * step - OUTERMOST;
                for (int channel = 0; channel < 3; channel++) {
                    double value = u * surface[1][channel];
                    value += v * surface[2][channel];
                    value += u * u * surface[3][channel];
                    value += u * v * surface[4][channel];
                    value += v * v * surface[5][channel];
                    largest = Math.max(largest, Math.abs(value));
                }
            }
        }
        return largest;
    }
}
