package org.lowcost.android;

import android.content.ContentResolver;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.net.Uri;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import org.lowcost.image.Header;
import org.lowcost.image.Image;
import org.lowcost.image.ImageSource;
import org.lowcost.raster.Rgb;

/** A photograph of a field: a bitmap, or a file that is decoded when its turn comes. */
public abstract class Photograph implements ImageSource {
    private final String name;

    private Photograph(String name) {
        this.name = name;
    }

    /**
     * A bitmap, which must not be recycled before it was analysed.
     *
     * @param bitmap best ARGB_8888; hardware bitmaps and those of more bits are copied, those of fewer refused
     * @param name what the result calls it
     */
    public static Photograph of(final Bitmap bitmap, final String name) {
        return new Photograph(name) {
            @Override
            public Image read() {
                return Image.of(Pixels.of(bitmap, name), name);
            }
        };
    }

    /**
     * A file that another app shares, or that was picked; its EXIF orientation and its scale are read.
     *
     * @param name what the result calls it
     */
    public static Photograph of(final ContentResolver resolver, final Uri uri, String name) {
        return new Encoded(name) {
            @Override
            InputStream open() throws IOException {
                InputStream stream = resolver.openInputStream(uri);
                if (stream == null) {
                    throw new FileNotFoundException(uri.toString());
                }
                return stream;
            }
        };
    }

    /** A file, which the result calls by its name; its EXIF orientation and its scale are read. */
    public static Photograph of(final File file) {
        return new Encoded(file.getName()) {
            @Override
            InputStream open() throws IOException {
                return new FileInputStream(file);
            }
        };
    }

    @Override
    public String name() {
        return name;
    }

    /** A photograph in a file. */
    private abstract static class Encoded extends Photograph {
        /** One part in so many of the heap may go to the file. */
        private static final int SHARE = 4;

        Encoded(String name) {
            super(name);
        }

        abstract InputStream open() throws IOException;

        @Override
        public Image read() {
            byte[] file;
            try (InputStream stream = open()) {
                file = LowcostAnalyzer.read(stream, Runtime.getRuntime().maxMemory() / SHARE);
            } catch (IOException | SecurityException error) {
                throw new PhotographException.Undecodable(name(), error);
            }
            if (!Header.read(file).isWhole()) {
                throw new PhotographException.Undecodable(name(), null);
            }
            return Image.of(file, decoded(file), name());
        }

        /** The pixels as they are stored; what is too large is refused before it is decoded. */
        private Rgb decoded(byte[] file) {
            BitmapFactory.Options options = new BitmapFactory.Options();
            options.inJustDecodeBounds = true;
            BitmapFactory.decodeByteArray(file, 0, file.length, options);
            if (options.outWidth <= 0 || options.outHeight <= 0) {
                throw new PhotographException.Undecodable(name(), null);
            }
            Pixels.check(options.outWidth, options.outHeight, name());
            options.inJustDecodeBounds = false;
            options.inScaled = false;
            options.inPremultiplied = false; // what lies under transparent pixels is shown on white, without loss
            options.inPreferredConfig = Bitmap.Config.ARGB_8888;
            Bitmap bitmap = BitmapFactory.decodeByteArray(file, 0, file.length, options);
            if (bitmap == null) {
                throw new PhotographException.Undecodable(name(), null);
            }
            try {
                return Pixels.of(bitmap, name());
            } finally {
                bitmap.recycle();
            }
        }
    }
}
