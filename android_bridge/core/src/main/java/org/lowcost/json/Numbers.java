package org.lowcost.json;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Doubles as Python writes them: the fewest digits that read back to the same double, of these the nearest to it.
 *
 * <p>{@link Double#toString} gives more digits than needed on many platforms (JDK-4511638) and places the exponent
 * otherwise.
 */
public final class Numbers {
    /** Every normal double keeps what it is told in so many digits, so fewer need not be tried. */
    private static final int KEPT = 15;

    private Numbers() {}

    /**
     * Returns {@code repr} of a number.
     *
     * @throws IllegalArgumentException it is not finite
     */
    public static String repr(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw new IllegalArgumentException("expected a finite number, got " + value);
        }
        if (value == 0.0) {
            return 1.0 / value < 0.0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = shortest(Math.abs(value));
        String digits = shortest.unscaledValue().toString();
        int point = digits.length() - shortest.scale(); // digits before the decimal point
        StringBuilder text = new StringBuilder(value < 0.0 ? "-" : "");
        if (point > 16 || point < -3) {
            text.append(digits.charAt(0));
            if (digits.length() > 1) {
                text.append('.').append(digits, 1, digits.length());
            }
            int exponent = Math.abs(point - 1);
            text.append(point > 0 ? "e+" : "e-").append(exponent < 10 ? "0" : "").append(exponent);
        } else if (point <= 0) {
            text.append("0.").append("000", 0, -point).append(digits);
        } else if (point >= digits.length()) {
            text.append(digits).append("0000000000000000", 0, point - digits.length()).append(".0");
        } else {
            text.append(digits, 0, point).append('.').append(digits, point, digits.length());
        }
        return text.toString();
    }

    /** Returns a number with so many decimals, as {@code format(value, ".2f")} does. */
    public static String fixed(double value, int decimals) {
        return new BigDecimal(value).setScale(decimals, RoundingMode.HALF_EVEN).toPlainString();
    }

    /** Returns a number with at most so many digits, as {@code format(value, ".3g")} does. */
    public static String general(double value, int digits) {
        if (value == 0.0) {
            return "0";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN));
        int exponent = rounded.precision() - rounded.scale() - 1;
        BigDecimal shown = rounded.stripTrailingZeros();
        if (exponent >= -4 && exponent < digits) {
            return shown.toPlainString();
        }
        String tens = (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        return shown.movePointLeft(exponent).toPlainString() + tens;
    }

    private static BigDecimal shortest(double value) {
        BigDecimal exact = new BigDecimal(value);
        boolean powerOfTwo = (Double.doubleToLongBits(value) & (1L << 52) - 1) == 0;
        for (int count = value < Double.MIN_NORMAL ? 1 : KEPT; ; count++) {
            BigDecimal found = exact.round(new MathContext(count, RoundingMode.HALF_EVEN));
            if (powerOfTwo && parsed(found) != value) {
                // Doubles lie denser below a power of two than above: the nearest may be too far, the next above not.
                found = exact.round(new MathContext(count, RoundingMode.CEILING));
            }
            if (parsed(found) == value) {
                return found.stripTrailingZeros();
            }
        }
    }

    /** {@link BigDecimal#doubleValue} is not rounded correctly on every platform; reading is. */
    private static double parsed(BigDecimal value) {
        return Double.parseDouble(value.toString());
    }
}
