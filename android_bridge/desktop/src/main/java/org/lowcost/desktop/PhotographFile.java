package org.lowcost.desktop;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import javax.imageio.ImageIO;
import org.lowcost.InputException;
import org.lowcost.image.Image;
import org.lowcost.image.ImageSource;
import org.lowcost.raster.Rgb;

/** A photograph in a JPEG or PNG file, decoded by the desktop's own decoder. */
final class PhotographFile implements ImageSource {
    private final File file;

    PhotographFile(File file) {
        this.file = file;
    }

    @Override
    public String name() {
        return file.getName();
    }

    @Override
    public Image read() {
        try {
            byte[] content = Files.readAllBytes(file.toPath());
            return Image.of(content, decode(content, name()), name());
        } catch (IOException error) {
            throw new InputException(name() + " cannot be read: " + error.getMessage(), error);
        }
    }

    /** The pixels of a file as they are stored; grey ones become RGB, transparent ones are shown on white. */
    static Rgb decode(byte[] content, String name) {
        BufferedImage image = null;
        try {
            if (starts(content, 0xff, 0xd8) || starts(content, 0x89, 'P', 'N', 'G')) {
                image = ImageIO.read(new ByteArrayInputStream(content));
            }
        } catch (IOException | RuntimeException error) {
            throw new InputException(name + " is damaged: copy it again", error);
        }
        if (image != null && image.getColorModel() instanceof IndexColorModel) {
            image = ((IndexColorModel) image.getColorModel()).convertToIntDiscrete(image.getRaster(), true);
        }
        if (image == null || image.getSampleModel().getSampleSize(0) != 8) {
            throw new InputException(name + " is no JPEG or PNG file of 8 bits: save it as one");
        }
        Raster raster = image.getRaster();
        int bands = raster.getNumBands();
        boolean transparent = image.getColorModel().hasAlpha();
        Rgb pixels = new Rgb(image.getWidth(), image.getHeight());
        int[] row = null;
        for (int y = 0, at = 0; y < pixels.height; y++) {
            row = raster.getPixels(0, y, pixels.width, 1, row);
            for (int x = 0; x < pixels.width; x++) {
                int opaque = transparent ? row[x * bands + bands - 1] : 255;
                for (int channel = 0; channel < 3; channel++) {
                    int value = row[x * bands + (bands < 3 ? 0 : channel)];
                    pixels.data[at++] = (byte) ((value * opaque + 255 * (255 - opaque) + 127) / 255);
                }
            }
        }
        return pixels;
    }

    private static boolean starts(byte[] content, int... expected) {
        for (int i = 0; i < expected.length; i++) {
            if (i >= content.length || (content[i] & 255) != expected[i]) {
                return false;
            }
        }
        return true;
    }
}
