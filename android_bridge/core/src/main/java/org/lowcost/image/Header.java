package org.lowcost.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import org.lowcost.raster.Rgb;

/**
 * What a JPEG or PNG file says about itself beside its pixels: how it is to be turned and how large its pixels are.
 *
 * <p>What is damaged is passed over: that is for the decoder of the pixels to tell.
 */
public final class Header {
    private static final Charset LATIN_1 = Charset.forName("ISO-8859-1");
    private static final double INCHES_PER_M = 0.0254;
    private static final double CM_PER_INCH = 2.54;

    /** Tags of EXIF, types of their values, and the unit of a density in cm. */
    private static final int ORIENTATION = 274;

    private static final int X_RESOLUTION = 282;
    private static final int RESOLUTION_UNIT = 296;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int RATIONAL = 5;
    private static final int CM = 3;

    private final ByteBuffer file;

    /** EXIF orientation, 0 while unknown. */
    private int orientation;

    private int orientationByXmp;

    /** Px per inch, 0 while unknown. */
    private double densityX;

    private double densityY;
    private double densityByExif;

    /** Whether the end of the pixels is there; what is no JPEG or PNG file is not looked into. */
    private boolean whole = true;

    private Header(byte[] file) {
        this.file = ByteBuffer.wrap(file);
    }

    /**
     * Reads the header of a file.
     *
     * @param file the whole file, of any format; only JPEG and PNG tell something
     */
    public static Header read(byte[] file) {
        Header header = new Header(file);
        if (header.unsigned16(0) == 0xffd8) {
            header.whole = false;
            header.readJpeg();
        } else if (header.isText(0, "\u0089PNG\r\n\u001a\n")) {
            header.whole = false;
            header.readPng();
        }
        return header;
    }

    /** EXIF orientation of the pixels as they are stored, 1-8; 1 where there is none that can be read. */
    public int orientation() {
        int found = orientation == 0 ? orientationByXmp : orientation;
        return found >= 1 && found <= 8 ? found : 1;
    }

    /** Whether the file has its end: of one that was cut short, decoders make up the rest of the picture. */
    public boolean isWhole() {
        return whole;
    }

    /** Plausible micrometres per px along x and y after orientation, or null. */
    public double[] umPerPx() {
        double x = densityX == 0.0 && densityY == 0.0 ? densityByExif : densityX;
        double y = densityX == 0.0 && densityY == 0.0 ? densityByExif : densityY;
        return orientation() >= 5 ? Resolution.umPerPx(y, x) : Resolution.umPerPx(x, y);
    }

    /** Turns and mirrors the stored pixels as EXIF orientation tells. */
    public Rgb oriented(Rgb stored) {
        int orientation = orientation();
        if (orientation == 1) {
            return stored;
        }
        boolean transposed = orientation >= 5;
        Rgb turned = transposed ? new Rgb(stored.height, stored.width) : new Rgb(stored.width, stored.height);
        boolean mirrored = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
        boolean upsideDown = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
        for (int y = 0, at = 0; y < turned.height; y++) {
            int row = upsideDown ? turned.height - 1 - y : y;
            for (int x = 0; x < turned.width; x++, at += 3) {
                int column = mirrored ? turned.width - 1 - x : x;
                int from = 3 * (transposed ? column * stored.width + row : row * stored.width + column);
                turned.data[at] = stored.data[from];
                turned.data[at + 1] = stored.data[from + 1];
                turned.data[at + 2] = stored.data[from + 2];
            }
        }
        return turned;
    }

    private void readJpeg() {
        int at = 2;
        while (at + 4 <= file.limit()) {
            int marker = unsigned8(at + 1);
            if (unsigned8(at) != 0xff || marker == 0xff || marker == 0 || marker == 1 || marker >> 3 == 0xd0 >> 3) {
                at += unsigned8(at) == 0xff && marker != 0xff ? 2 : 1; // filling, or a marker without a segment
                continue;
            }
            int length = unsigned16(at + 2);
            if (marker == 0xda || marker == 0xd9 || length < 2 || at + 2 + length > file.limit()) {
                whole = marker == 0xda && endsAfter(at);
                return; // the pixels begin
            }
            readSegment(marker, at + 4, length - 2);
            at += 2 + length;
        }
    }

    /** Whether an end of image stands behind a place. */
    private boolean endsAfter(int start) {
        int at = file.limit() - 2;
        while (at >= start && unsigned16(at) != 0xffd9) {
            at--;
        }
        return at >= start;
    }

    private void readSegment(int marker, int at, int length) {
        if (marker == 0xe0 && length >= 12 && isText(at, "JFIF")) {
            double factor = unsigned8(at + 7) == 1 ? 1.0 : unsigned8(at + 7) == 2 ? CM_PER_INCH : 0.0;
            if (factor > 0.0) {
                densityX = unsigned16(at + 8) * factor;
                densityY = unsigned16(at + 10) * factor;
            }
        } else if (marker == 0xe1 && isText(at, "Exif\0\0")) {
            readExif(at + 6, length - 6);
        } else if (marker == 0xe1 && isText(at, "http://ns.adobe.com/xap/1.0/\0")) {
            readXmp(at, length);
        }
    }

    private void readPng() {
        int at = 8;
        boolean pixels = false;
        while (at + 12 <= file.limit()) {
            int length = file.getInt(at);
            if (length < 0 || length > file.limit() - at - 12) {
                return;
            }
            whole |= isText(at + 4, "IEND");
            pixels |= isText(at + 4, "IDAT");
            if (pixels) { // what comes behind them is not read
                at += 12 + length;
                continue;
            }
            if (isText(at + 4, "pHYs") && length >= 9 && file.get(at + 16) == 1) {
                densityX = unsigned32(at + 8) * INCHES_PER_M;
                densityY = unsigned32(at + 12) * INCHES_PER_M;
            } else if (isText(at + 4, "eXIf")) {
                readExif(at + 8, length);
            } else if (isText(at + 4, "iTXt") && isText(at + 8, "XML:com.adobe.xmp\0")) {
                readXmp(at + 8, length);
            }
            at += 12 + length;
        }
    }

    /** The first directory of a TIFF file within this one. */
    private void readExif(int start, int length) {
        boolean little = isText(start, "II");
        if (length < 8 || !little && !isText(start, "MM")) {
            return;
        }
        ByteBuffer exif = ByteBuffer.wrap(file.array(), start, length).slice();
        exif.order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = exif.getInt(4);
        if (directory < 0 || directory > length - 2) {
            return;
        }
        int entries = exif.getShort(directory) & 0xffff;
        double density = 0.0;
        int unit = 0;
        for (int at = directory + 2; entries > 0 && at <= length - 12; at += 12, entries--) {
            int type = exif.getShort(at + 2);
            int whole = type == SHORT ? exif.getShort(at + 8) & 0xffff : type == LONG ? exif.getInt(at + 8) : 0;
            int place = exif.getInt(at + 8);
            switch (exif.getShort(at) & 0xffff) {
                case ORIENTATION:
                    orientation = whole;
                    break;
                case RESOLUTION_UNIT:
                    unit = whole;
                    break;
                case X_RESOLUTION:
                    if (type == RATIONAL && place >= 0 && place <= length - 8) {
                        density = (exif.getInt(place) & 0xffffffffL) / (double) (exif.getInt(place + 4) & 0xffffffffL);
                    }
                    break;
                default:
            }
        }
        if (unit > 0) {
            densityByExif = unit == CM ? density * CM_PER_INCH : density;
        }
    }

    /** The orientation in a text of XMP. */
    private void readXmp(int start, int length) {
        String text = new String(file.array(), start, length, LATIN_1);
        for (String before : new String[] {"tiff:Orientation=\"", "tiff:Orientation>"}) {
            int at = text.indexOf(before) + before.length();
            if (at >= before.length() && at < text.length() && orientationByXmp == 0) {
                orientationByXmp = text.charAt(at) - '0';
            }
        }
    }

    private int unsigned8(int at) {
        return file.get(at) & 0xff;
    }

    /** -1 beyond the end. */
    private int unsigned16(int at) {
        return at + 2 <= file.limit() ? file.getShort(at) & 0xffff : -1;
    }

    private double unsigned32(int at) {
        return file.getInt(at) & 0xffffffffL;
    }

    private boolean isText(int at, String expected) {
        for (int i = 0; i < expected.length(); i++) {
            if (at + i >= file.limit() || unsigned8(at + i) != expected.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
