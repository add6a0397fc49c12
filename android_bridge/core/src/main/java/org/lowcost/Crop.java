package org.lowcost;

import org.lowcost.image.Resample;
import org.lowcost.raster.Rgb;

/** The view of a cell that the network sees: 24 um around its centre at 4 px/um; {@code lowcost.crop}. */
public final class Crop {
    /** Edge of the balanced view that a crop is cut from (32 um at 8 px/um). */
    public static final int VIEW_PX = 256;

    /** Edge of the network's input (24 um at 4 px/um). */
    public static final int CROP_PX = 96;

    /** Scale of the network's input. */
    public static final double UM_PER_PX = 0.25;

    private Crop() {}

    /**
     * Shrinks the middle of a view to the network's input.
     *
     * @param view 256 x 256 px at 8 px/um with the cell in its middle
     * @return 96 x 96 px: means of 2 x 2 px of the central 192 x 192 px, rounded half up
     * @throws InputException the view has another size
     */
    public static Rgb networkInput(Rgb view) {
        if (view.width != VIEW_PX || view.height != VIEW_PX) {
            throw new InputException("a view must be " + VIEW_PX + " x " + VIEW_PX + " px, got " + view.width + " x "
                    + view.height + ": cut it at 0.125 um per px");
        }
        int margin = (VIEW_PX - 2 * CROP_PX) / 2;
        return Resample.blockMean(view, margin, margin, 2 * CROP_PX, 2 * CROP_PX, 2);
    }
}
