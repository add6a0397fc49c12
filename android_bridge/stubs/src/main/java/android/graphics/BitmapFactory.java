package android.graphics;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import javax.imageio.ImageIO;

public class BitmapFactory {
    public static class Options {
        public boolean inJustDecodeBounds;
        public boolean inScaled = true;
        public boolean inPremultiplied = true;
        public Bitmap.Config inPreferredConfig = Bitmap.Config.ARGB_8888;
        public int inSampleSize;
        public int outWidth;
        public int outHeight;
    }

    public static native Bitmap decodeStream(InputStream stream);

    public static Bitmap decodeByteArray(byte[] data, int offset, int length, Options options) {
        BufferedImage image = null;
        try {
            image = ImageIO.read(new ByteArrayInputStream(data, offset, length));
        } catch (IOException error) {
            // Android says so by returning null.
        }
        options.outWidth = image == null ? -1 : image.getWidth();
        options.outHeight = image == null ? -1 : image.getHeight();
        if (image == null || options.inJustDecodeBounds) {
            return null;
        }
        int[] colours = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        Bitmap bitmap =
                Bitmap.createBitmap(colours, image.getWidth(), image.getHeight(), options.inPreferredConfig);
        bitmap.setPremultiplied(options.inPremultiplied);
        return bitmap;
    }
}
