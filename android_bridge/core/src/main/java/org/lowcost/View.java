package org.lowcost;

import java.util.List;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Rgb;

/** One cell at a fixed scale: what features and network see of it; {@code lowcost.cells.View}. */
public final class View {
    /** Balanced RGB with the cell's box in the middle; white outside the photograph. */
    public final Rgb pixels;

    /** Mask of its nucleus. */
    public final Mask nucleus;

    /** Mask of the cell. */
    public final Mask cell;

    /** x0, y0, x1, y1 of the cell, px of the photograph. */
    public final int[] box;

    /** Outline of the cell in the same frame, points x, y. */
    public final double[][] polygon;

    /** Outlines of the nucleus's parts. */
    public final List<double[][]> nucleusPolygons;

    /** Whether the photograph or its round field cuts the cell. */
    public final boolean touchesEdge;

    View(
            Rgb pixels,
            Mask nucleus,
            Mask cell,
            int[] box,
            double[][] polygon,
            List<double[][]> nucleusPolygons,
            boolean touchesEdge) {
        this.pixels = pixels;
        this.nucleus = nucleus;
        this.cell = cell;
        this.box = box;
        this.polygon = polygon;
        this.nucleusPolygons = nucleusPolygons;
        this.touchesEdge = touchesEdge;
    }
}
