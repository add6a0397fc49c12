package org.lowcost.segmentation;

import java.util.Comparator;
import org.lowcost.raster.Mask;

/** A connected or grouped set of pixels, stored in its bounding box. */
public final class Piece {
    /** In reading order of their boxes. */
    static final Comparator<Piece> READING_ORDER = (a, b) -> a.y0 != b.y0
            ? Integer.compare(a.y0, b.y0)
            : a.x0 != b.x0
                    ? Integer.compare(a.x0, b.x0)
                    : a.y1 != b.y1 ? Integer.compare(a.y1, b.y1) : Integer.compare(a.x1, b.x1);

    /** Bounding box in the image, px; {@code x1} and {@code y1} exclusive. */
    public final int x0;

    public final int y0;
    public final int x1;
    public final int y1;

    /** The pixels within that box. */
    public final Mask mask;

    /** Number of pixels. */
    public final int area;

    /** Pixels whose box begins at a place, px. */
    public Piece(int x0, int y0, Mask mask) {
        this.x0 = x0;
        this.y0 = y0;
        x1 = x0 + mask.width;
        y1 = y0 + mask.height;
        this.mask = mask;
        area = mask.count();
    }

    /** The same pixels, px further right and down. */
    Piece moved(int x, int y) {
        return new Piece(x0 + x, y0 + y, mask);
    }

    /** Whether two boxes are further apart than {@code reach} px along x or y. */
    boolean isApart(Piece other, int reach) {
        return x0 - other.x1 > reach || other.x0 - x1 > reach || y0 - other.y1 > reach || other.y0 - y1 > reach;
    }

    /** Sets the pixels of a plane, its left top corner at {@code left} and {@code top} of the image. */
    void paint(boolean[] plane, int width, int left, int top) {
        for (int y = 0, i = 0; y < mask.height; y++) {
            int to = (y0 + y - top) * width + x0 - left;
            for (int x = 0; x < mask.width; x++, i++, to++) {
                plane[to] |= mask.data[i];
            }
        }
    }
}
