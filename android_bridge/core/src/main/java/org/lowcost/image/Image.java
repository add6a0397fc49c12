package org.lowcost.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.charset.Charset;
import java.util.Arrays;
import org.lowcost.Bundle;
import org.lowcost.InputException;
import org.lowcost.raster.Rgb;

/** A photograph as it was read; {@code lowcost.image.reading.Image}. */
public final class Image {
    private static final Charset ASCII = Charset.forName("US-ASCII");

    /** Largest width times height, px. */
    private static final long MOST_PIXELS = 80_000_000;

    /** Smallest width and height, px. */
    private static final int LEAST_EDGE = 32;

    /** A picture is told from others by the sum of its stretches of so many bytes. */
    private static final int[] STRETCHES = {8184, 8192};

    /** The photograph after EXIF orientation; never to be written to. */
    public final Rgb pixels;

    /** What the app calls it. */
    public final String name;

    /** Digest of the file's bytes, or of type, shape and pixels. */
    public final String sha256;

    /** Plausible micrometres per px along x and y that the file gives; null where it gives none. */
    public final double[] umPerPx;

    private Image(Rgb pixels, String name, String sha256, double[] umPerPx) {
        this.pixels = pixels;
        this.name = name;
        this.sha256 = sha256;
        this.umPerPx = umPerPx;
    }

    /**
     * A photograph of which nothing but the pixels is known.
     *
     * @throws InputException it has too few or too many pixels
     */
    public static Image of(Rgb pixels, String name) {
        checkSize(pixels.width, pixels.height, name);
        byte[] described = ("uint8 " + shape(pixels) + " ").getBytes(ASCII);
        return new Image(pixels, name, Bundle.sha256(described, pixels.data), null);
    }

    /**
     * A photograph from a file.
     *
     * @param file the whole file, JPEG or PNG
     * @param stored its pixels as they are stored: orientation is applied here
     * @param name what the app calls it
     * @throws InputException it has too few or too many pixels
     */
    public static Image of(byte[] file, Rgb stored, String name) {
        checkSize(stored.width, stored.height, name);
        Header header = Header.read(file);
        return new Image(header.oriented(stored), name, Bundle.sha256(file), header.umPerPx());
    }

    /**
     * Checks the size of a photograph, which can be done before it is decoded.
     *
     * @throws InputException it has too few or too many pixels
     */
    public static void checkSize(int width, int height, String name) {
        String found = name + " has " + width + " x " + height + " px, ";
        if ((long) width * height > MOST_PIXELS) {
            throw new InputException.TooLarge(found + "more than the limit of " + MOST_PIXELS / 1_000_000
                    + " million: cut it into fields");
        }
        if (Math.min(width, height) < LEAST_EDGE) {
            throw new InputException.TooSmall(found + "expected at least " + LEAST_EDGE + " x " + LEAST_EDGE
                    + ": give the original photograph");
        }
    }

    /** Returns a digest of shape and pixels: the same for a picture that was saved again in another format. */
    public String pictureSha256() {
        byte[] data = pixels.data;
        byte[][] parts = new byte[1 + 2 * STRETCHES.length][];
        parts[0] = (shape(pixels) + " ").getBytes(ASCII);
        for (int i = 0; i < STRETCHES.length; i++) {
            int words = STRETCHES[i] / 8;
            int whole = data.length / STRETCHES[i] * STRETCHES[i];
            LongBuffer values = ByteBuffer.wrap(data, 0, whole).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
            long[] sums = new long[words];
            while (values.hasRemaining()) {
                for (int word = 0; word < words; word++) {
                    sums[word] += values.get();
                }
            }
            ByteBuffer summed = ByteBuffer.allocate(STRETCHES[i]).order(ByteOrder.LITTLE_ENDIAN);
            summed.asLongBuffer().put(sums);
            parts[1 + 2 * i] = summed.array();
            parts[2 + 2 * i] = Arrays.copyOfRange(data, whole, data.length);
        }
        return Bundle.sha256(parts);
    }

    private static String shape(Rgb pixels) {
        return "(" + pixels.height + ", " + pixels.width + ", 3)";
    }
}
