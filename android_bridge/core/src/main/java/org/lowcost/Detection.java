package org.lowcost;

import org.lowcost.raster.Mask;
import org.lowcost.segmentation.Nuclei;

/** A photograph at the scale at which nuclei are found; {@code lowcost.cells.Detection}. */
public final class Detection {
    /** Optical densities, red, green and blue of one px after the other, rows from the top. */
    public final short[] density;

    /** Where it shows the photograph's field. */
    public final Mask inside;

    /** The nuclei that were found. */
    public final Nuclei nuclei;

    /** Its scale. */
    public final double umPerPx;

    /** Px of the photograph per px along x. */
    public final double toX;

    /** Px of the photograph per px along y. */
    public final double toY;

    Detection(short[] density, Mask inside, Nuclei nuclei, double umPerPx, double toX, double toY) {
        this.density = density;
        this.inside = inside;
        this.nuclei = nuclei;
        this.umPerPx = umPerPx;
        this.toX = toX;
        this.toY = toY;
    }
}
