package org.lowcost.image;

/** The scale that a file's metadata give, where it can be that of a microscope; {@code lowcost.image.resolution}. */
public final class Resolution {
    /** Scales of blood films under objectives of 4x to 100x; densities meant for printers lie far above. */
    private static final double LOWEST_UM_PER_PX = 0.02;

    private static final double HIGHEST_UM_PER_PX = 2.0;
    private static final double UM_PER_INCH = 25400.0;

    private Resolution() {}

    /**
     * Micrometres per px along x and y from the density of a file.
     *
     * @param dotsPerInchX px per inch along x, 0 where unknown
     * @param dotsPerInchY px per inch along y
     * @return null where that is not plausible for a microscope on both axes; exactly 1 um per px is not, because
     *     programs write it that were never told the scale
     */
    public static double[] umPerPx(double dotsPerInchX, double dotsPerInchY) {
        double x = UM_PER_INCH / dotsPerInchX;
        double y = UM_PER_INCH / dotsPerInchY;
        return isPlausible(x) && isPlausible(y) ? new double[] {x, y} : null;
    }

    private static boolean isPlausible(double umPerPx) {
        return umPerPx >= LOWEST_UM_PER_PX && umPerPx <= HIGHEST_UM_PER_PX && umPerPx != 1.0;
    }
}
