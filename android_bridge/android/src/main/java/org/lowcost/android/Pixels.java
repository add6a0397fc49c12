package org.lowcost.android;

import android.graphics.Bitmap;
import android.os.Build;
import java.nio.ByteBuffer;
import org.lowcost.image.Image;
import org.lowcost.raster.Rgb;

/** Pixels of bitmaps, byte for byte as they were decoded: no colour management, no scaling. */
final class Pixels {
    /** Heap at the peak, bytes per px of the photograph: when its four channels are copied to three. */
    private static final int BYTES_PER_PX = 7;

    /** Before Android 8 the bitmap itself lies on the heap, too. */
    private static final int BITMAP_BYTES_PER_PX = 4;

    /** Heap for models, file and result, bytes. */
    private static final long BYTES_BESIDES = 32 << 20;

    private Pixels() {}

    /**
     * Copies the pixels of a bitmap.
     *
     * @throws org.lowcost.InputException it cannot be used; which class says why
     */
    static Rgb of(Bitmap bitmap, String name) {
        if (bitmap == null) {
            throw new PhotographException.Missing(name);
        }
        if (bitmap.isRecycled()) {
            throw new PhotographException.Recycled(name);
        }
        check(bitmap.getWidth(), bitmap.getHeight(), name);
        Bitmap.Config config = bitmap.getConfig();
        if (config == Bitmap.Config.ARGB_8888) {
            return copied(bitmap);
        }
        if (config == Bitmap.Config.ALPHA_8 || config == Bitmap.Config.RGB_565 || config == Bitmap.Config.ARGB_4444) {
            throw new PhotographException.TooFewColours(name, config.name());
        }
        Bitmap plain = bitmap.copy(Bitmap.Config.ARGB_8888, false); // hardware bitmaps, and those of more than 8 bits
        if (plain == null) {
            throw new PhotographException.Unreadable(name, String.valueOf(config));
        }
        try {
            return copied(plain);
        } finally {
            plain.recycle();
        }
    }

    /**
     * Checks whether a photograph can be analysed in the memory that the app has.
     *
     * @throws org.lowcost.InputException it has too few or too many px
     */
    static void check(int width, int height, String name) {
        Image.checkSize(width, height, name);
        boolean onHeap = Build.VERSION.SDK_INT < Build.VERSION_CODES.O;
        long bytes = BYTES_PER_PX + (onHeap ? BITMAP_BYTES_PER_PX : 0);
        long needed = bytes * width * height + BYTES_BESIDES;
        long heap = Runtime.getRuntime().maxMemory();
        if (needed > heap) {
            throw new PhotographException.NotEnoughMemory(name, width, height, needed, heap);
        }
    }

    /** Red, green and blue of an ARGB_8888 bitmap, which lie in memory as red, green, blue, alpha; shown on white. */
    private static Rgb copied(Bitmap bitmap) {
        ByteBuffer buffer = ByteBuffer.allocate(bitmap.getByteCount());
        bitmap.copyPixelsToBuffer(buffer); // unlike getPixels it converts nothing
        byte[] rgba = buffer.array();
        Rgb pixels = new Rgb(bitmap.getWidth(), bitmap.getHeight());
        boolean opaque = !bitmap.hasAlpha();
        boolean premultiplied = bitmap.isPremultiplied();
        for (int y = 0, to = 0; y < pixels.height; y++) {
            int from = y * bitmap.getRowBytes();
            for (int x = 0; x < pixels.width; x++, from += 4, to += 3) {
                int alpha = opaque ? 255 : rgba[from + 3] & 0xff;
                for (int channel = 0; channel < 3; channel++) {
                    int value = rgba[from + channel] & 0xff;
                    if (alpha < 255) {
                        value = premultiplied
                                ? Math.min(value + 255 - alpha, 255)
                                : (value * alpha + 255 * (255 - alpha) + 127) / 255;
                    }
                    pixels.data[to + channel] = (byte) value;
                }
            }
        }
        return pixels;
    }
}
