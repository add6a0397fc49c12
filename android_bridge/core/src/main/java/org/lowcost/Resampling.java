package org.lowcost;

/** The scales at which a photograph is looked at; the bundle's section {@code resample}. */
public final class Resampling {
    /** A photograph is shrunk by the largest integer that leaves at least this many px for its optics. */
    public final int coarsePixels;

    /** Scale at which nuclei are found, um per px ... */
    public final double detectionUmPerPx;

    /** ... unless that makes more than so many px: then as coarse as it takes. */
    public final int detectionPixels;

    /** Scale of a view, um per px. */
    public final double viewUmPerPx;

    /** Edge of a view, px. */
    public final int viewPx;

    /** Value of the empty background in a balanced image, 0-255. */
    public final int white;

    /** Reads the parameters. */
    public Resampling(Section section) {
        coarsePixels = section.integer("coarse_pixels");
        detectionUmPerPx = section.number("detection_um_per_px");
        detectionPixels = section.integer("detection_pixels");
        viewUmPerPx = section.number("view_um_per_px");
        viewPx = section.integer("view_px");
        white = section.integer("white");
        section.finish();
    }
}
