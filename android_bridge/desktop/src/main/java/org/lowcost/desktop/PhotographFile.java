package org.lowcost.desktop;

import java.awt.image.BufferedImage;
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

    /** The pixels of a file as they are stored; grey ones become RGB, transparency is passed over. */
    static Rgb decode(byte[] content, String name) {
        BufferedImage image;
        try {
            image = ImageIO.read(new ByteArrayInputStream(content));
        } catch (IOException | RuntimeException error) {
            throw new InputException(name + " is damaged: copy it again", error);
        }
        if (image == null || image.getSampleModel().getSampleSize(0) != 8) {
            throw new InputException(name + " is no JPEG or PNG file of 8 bits: save it as one");
        }
        Raster raster = image.getRaster();
        Rgb pixels = new Rgb(image.getWidth(), image.getHeight());
        int[] samples = null;
        for (int channel = 0; channel < 3; channel++) {
            int band = raster.getNumBands() < 3 ? 0 : channel;
            for (int y = 0; y < pixels.height; y++) {
                samples = raster.getSamples(0, y, pixels.width, 1, band, samples);
                for (int x = 0; x < pixels.width; x++) {
                    pixels.data[3 * (y * pixels.width + x) + channel] = (byte) samples[x];
                }
            }
        }
        return pixels;
    }
}
