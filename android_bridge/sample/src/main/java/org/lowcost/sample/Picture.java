package org.lowcost.sample;

import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.graphics.Matrix;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.lowcost.Cell;
import org.lowcost.Field;
import org.lowcost.image.Header;

/** A photograph to look at: upright, and shrunk to what a screen can show. */
final class Picture {
    private static final int LARGEST = 2048;

    final Bitmap bitmap;

    /** Px of the bitmap for each px of the photograph. */
    final float scale;

    private Picture(Bitmap bitmap, float scale) {
        this.bitmap = bitmap;
        this.scale = scale;
    }

    /**
     * Reads a photograph.
     *
     * @throws IOException it is there no more
     */
    static Picture read(Slide.Entry entry) throws IOException {
        byte[] file = content(entry.file);
        Field field = entry.field;
        BitmapFactory.Options options = new BitmapFactory.Options();
        options.inSampleSize = 1;
        while (Math.max(field.width, field.height) / options.inSampleSize > LARGEST) {
            options.inSampleSize *= 2;
        }
        Bitmap stored = BitmapFactory.decodeByteArray(file, 0, file.length, options);
        if (stored == null) {
            throw new IOException("no picture");
        }
        Matrix turn = upright(Header.read(file).orientation());
        Bitmap shown = Bitmap.createBitmap(stored, 0, 0, stored.getWidth(), stored.getHeight(), turn, true);
        return new Picture(shown, (float) shown.getWidth() / field.width);
    }

    /** The surroundings of a cell. */
    Bitmap cut(Cell cell) {
        float margin = 0.15f * Math.max(cell.box[2] - cell.box[0], cell.box[3] - cell.box[1]);
        int left = Math.max(0, (int) ((cell.box[0] - margin) * scale));
        int top = Math.max(0, (int) ((cell.box[1] - margin) * scale));
        int right = Math.min(bitmap.getWidth(), (int) Math.ceil((cell.box[2] + margin) * scale));
        int bottom = Math.min(bitmap.getHeight(), (int) Math.ceil((cell.box[3] + margin) * scale));
        return Bitmap.createBitmap(bitmap, left, top, Math.max(1, right - left), Math.max(1, bottom - top));
    }

    /** What EXIF orientations 1-8 ask for. */
    private static Matrix upright(int orientation) {
        Matrix turn = new Matrix();
        boolean mirrored = orientation == 2 || orientation == 4 || orientation == 5 || orientation == 7;
        if (mirrored) {
            turn.postScale(-1, 1);
        }
        int[] degrees = {0, 0, 180, 180, 270, 90, 90, 270};
        turn.postRotate(degrees[orientation - 1]);
        return turn;
    }

    private static byte[] content(File file) throws IOException {
        try (InputStream stream = new FileInputStream(file)) {
            ByteArrayOutputStream content = new ByteArrayOutputStream((int) file.length());
            byte[] block = new byte[1 << 16];
            for (int count = stream.read(block); count >= 0; count = stream.read(block)) {
                content.write(block, 0, count);
            }
            return content.toByteArray();
        }
    }
}
