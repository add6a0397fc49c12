package org.lowcost.raster;

/** Division of integers as Python's {@code //} does it; {@code Math.floorDiv} came with Android 7. */
final class Division {
    private Division() {}

    /** Returns the largest integer that is no more than the quotient. */
    static long floor(long dividend, long divisor) {
        long quotient = dividend / divisor;
        return (dividend ^ divisor) < 0 && quotient * divisor != dividend ? quotient - 1 : quotient;
    }
}
