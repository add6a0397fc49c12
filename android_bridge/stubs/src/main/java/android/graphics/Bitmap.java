package android.graphics;

import java.nio.Buffer;
import java.nio.ByteBuffer;

public final class Bitmap {
    private final int width;
    private final int height;
    private final Config config;
    private final byte[] rgba;
    private final boolean alpha;
    private boolean premultiplied = true;
    private boolean recycled;

    public enum Config { ALPHA_8, RGB_565, ARGB_4444, ARGB_8888, RGBA_F16, HARDWARE }

    private Bitmap(int width, int height, Config config, byte[] rgba, boolean alpha) {
        this.width = width;
        this.height = height;
        this.config = config;
        this.rgba = rgba;
        this.alpha = alpha;
    }

    public static Bitmap createBitmap(int[] colors, int width, int height, Config config) {
        byte[] rgba = new byte[4 * width * height];
        boolean alpha = false;
        for (int i = 0; i < width * height; i++) {
            rgba[4 * i] = (byte) (colors[i] >> 16);
            rgba[4 * i + 1] = (byte) (colors[i] >> 8);
            rgba[4 * i + 2] = (byte) colors[i];
            rgba[4 * i + 3] = (byte) (colors[i] >> 24);
            alpha |= colors[i] >>> 24 < 255;
        }
        return new Bitmap(width, height, config, rgba, alpha);
    }

    public static Bitmap createBitmap(int width, int height, Config config) {
        return new Bitmap(width, height, config, null, false);
    }

    public static native Bitmap createBitmap(Bitmap source, int x, int y, int width, int height);

    public static native Bitmap createBitmap(
            Bitmap source, int x, int y, int width, int height, Matrix matrix, boolean filter);

    public Bitmap copy(Config to, boolean isMutable) {
        return rgba == null ? null : new Bitmap(width, height, to, rgba, alpha);
    }

    public void copyPixelsToBuffer(Buffer to) {
        if (config == Config.HARDWARE) {
            throw new IllegalStateException("hardware bitmap");
        }
        ((ByteBuffer) to).put(rgba);
    }

    public Config getConfig() {
        return config;
    }

    public int getWidth() {
        return width;
    }

    public int getHeight() {
        return height;
    }

    public int getByteCount() {
        return 4 * width * height;
    }

    public int getRowBytes() {
        return 4 * width;
    }

    public boolean hasAlpha() {
        return alpha;
    }

    public boolean isPremultiplied() {
        return premultiplied;
    }

    public void setPremultiplied(boolean value) {
        premultiplied = value;
    }

    public boolean isRecycled() {
        return recycled;
    }

    public void recycle() {
        recycled = true;
    }
}
