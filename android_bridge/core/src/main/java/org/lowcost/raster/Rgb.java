package org.lowcost.raster;

/** A colour image: red, green and blue of each pixel, one unsigned byte each, row by row. */
public final class Rgb {
    /** Size, px. */
    public final int width;

    /** Size, px. */
    public final int height;

    /** {@code 3 * width * height} unsigned bytes; shared with the caller, never written to by its readers. */
    public final byte[] data;

    /** Wraps pixels without copying them. */
    public Rgb(int width, int height, byte[] data) {
        if (data.length != 3L * width * height) {
            throw new IllegalArgumentException(data.length + " bytes for " + width + " x " + height + " RGB pixels");
        }
        this.width = width;
        this.height = height;
        this.data = data;
    }

    /** An image of zeros. */
    public Rgb(int width, int height) {
        this(width, height, new byte[3 * width * height]);
    }
}
