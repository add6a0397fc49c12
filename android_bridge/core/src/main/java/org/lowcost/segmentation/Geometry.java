package org.lowcost.segmentation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.lowcost.raster.Components;
import org.lowcost.raster.ConvexHull;
import org.lowcost.raster.Distance;
import org.lowcost.raster.Element;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Morphology;

/** Exact geometry of small binary masks: discs, distances and connected pieces, all in integers. */
final class Geometry {
    private Geometry() {}

    /** The pixels whose centres lie within {@code radius} px, at least the centre and its neighbours. */
    static Element disc(double radius) {
        int reach = Math.max(1, (int) (radius + 0.5));
        double squared = Math.max(1.0, radius * radius);
        int side = 2 * reach + 1;
        boolean[] element = new boolean[side * side];
        for (int i = 0; i < element.length; i++) {
            int x = i % side - reach;
            int y = i / side - reach;
            element[i] = x * x + y * y <= squared;
        }
        return Element.of(element, side, side);
    }

    /**
     * Squared Euclidean distance, px2, from each pixel of a mask to the nearest pixel outside it or outside the image.
     */
    static int[] squaredDistance(Mask mask) {
        int width = mask.width + 2;
        boolean[] padded = new boolean[width * (mask.height + 2)];
        for (int y = 0; y < mask.height; y++) {
            System.arraycopy(mask.data, y * mask.width, padded, (y + 1) * width + 1, mask.width);
        }
        int[] wide = Distance.squared(padded, width, mask.height + 2);
        int[] distance = new int[mask.data.length];
        for (int y = 0; y < mask.height; y++) {
            System.arraycopy(wide, (y + 1) * width + 1, distance, y * mask.width, mask.width);
        }
        return distance;
    }

    /** The largest of these: the squared radius of the largest inscribed disc, px2. */
    static int squaredRadius(Mask mask) {
        int largest = 0;
        for (int squared : squaredDistance(mask)) {
            largest = Math.max(largest, squared);
        }
        return largest;
    }

    /**
     * Squared Euclidean distance, px2, from each pixel of an image to the nearest pixel of a mask; it must hold one.
     *
     * <p>Unlike {@link #squaredDistance} of the rest of the image it knows nothing of the image's edge.
     */
    static int[] squaredDistanceTo(Mask mask) {
        boolean[] rest = new boolean[mask.data.length];
        for (int i = 0; i < rest.length; i++) {
            rest[i] = !mask.data[i];
        }
        return Distance.squared(rest, mask.width, mask.height);
    }

    /** Pixels of an image within 1 px or more of a mask. */
    static Mask near(Mask mask, double radius) {
        return new Mask(mask.width, mask.height, Morphology.dilate(mask.data, mask.width, mask.height, disc(radius)));
    }

    /** Connected pieces (8 neighbours) of at least {@code least} pixels, in reading order of their boxes. */
    static List<Piece> labelParts(Mask mask, double least) {
        Components parts = Components.of(mask.data, mask.width, mask.height, 8);
        int[] areas = parts.areas();
        int[] boxes = parts.boxes();
        List<Piece> pieces = new ArrayList<>();
        for (int label = 1; label <= parts.count; label++) {
            if (areas[label] < least) {
                continue;
            }
            int x0 = boxes[4 * label - 4];
            int y0 = boxes[4 * label - 3];
            int width = boxes[4 * label - 2] - x0;
            int height = boxes[4 * label - 1] - y0;
            boolean[] own = new boolean[width * height];
            for (int y = 0, i = 0; y < height; y++) {
                for (int x = 0, from = (y0 + y) * mask.width + x0; x < width; x++, from++, i++) {
                    own[i] = parts.labels[from] == label;
                }
            }
            pieces.add(new Piece(x0, y0, new Mask(width, height, own)));
        }
        Collections.sort(pieces, Piece.READING_ORDER);
        return pieces;
    }

    /** One piece that holds the pixels of two. */
    static Piece union(Piece one, Piece other) {
        int x0 = Math.min(one.x0, other.x0);
        int y0 = Math.min(one.y0, other.y0);
        int width = Math.max(one.x1, other.x1) - x0;
        int height = Math.max(one.y1, other.y1) - y0;
        boolean[] both = new boolean[width * height];
        one.paint(both, width, x0, y0);
        other.paint(both, width, x0, y0);
        return new Piece(x0, y0, new Mask(width, height, both));
    }

    /** The pixels {@code mask} of a piece, as a piece with a box of its own; it must hold a pixel. */
    static Piece trimmed(Piece piece, Mask mask) {
        int left = mask.width;
        int right = 0;
        int top = mask.height;
        int bottom = 0;
        for (int i = 0; i < mask.data.length; i++) {
            if (mask.data[i]) {
                left = Math.min(left, i % mask.width);
                right = Math.max(right, i % mask.width + 1);
                top = Math.min(top, i / mask.width);
                bottom = i / mask.width + 1;
            }
        }
        boolean[] own = new boolean[(right - left) * (bottom - top)];
        for (int y = top; y < bottom; y++) {
            System.arraycopy(mask.data, y * mask.width + left, own, (y - top) * (right - left), right - left);
        }
        return new Piece(piece.x0 + left, piece.y0 + top, new Mask(right - left, bottom - top, own));
    }

    /**
     * Pixels of an image whose centres lie inside a polygon (even-odd rule).
     *
     * @param polygon x and y of each corner in turn, px, edges not centres
     * @param width of the image, px
     * @param height of the image, px
     */
    static Mask fillPolygon(double[] polygon, int width, int height) {
        boolean[] inside = new boolean[width * height];
        int[] box = box(polygon);
        int x0 = Math.max(0, box[0]);
        int y0 = Math.max(0, box[1]);
        int x1 = Math.min(width, box[2]);
        int y1 = Math.min(height, box[3]);
        if (x1 <= x0 || y1 <= y0) {
            return new Mask(width, height, inside);
        }
        boolean[] toggles = new boolean[(y1 - y0) * (x1 - x0 + 1)];
        for (int i = 0; i < polygon.length; i += 2) {
            int next = (i + 2) % polygon.length;
            double startX = polygon[i];
            double startY = polygon[i + 1];
            double endX = polygon[next];
            double endY = polygon[next + 1];
            int first = Math.max(y0, (int) Math.floor(Math.min(startY, endY)) - 1);
            int last = Math.min(y1 - 1, (int) Math.ceil(Math.max(startY, endY)));
            for (int row = first; row <= last; row++) {
                double centre = row + 0.5;
                if (startY <= centre != endY <= centre) {
                    double share = (centre - startY) / (endY - startY);
                    double x = startX + share * (endX - startX);
                    double column = Math.min(Math.max(Math.ceil(x - 0.5) - x0, 0), x1 - x0);
                    toggles[(row - y0) * (x1 - x0 + 1) + (int) column] ^= true;
                }
            }
        }
        for (int row = y0, i = 0; row < y1; row++, i++) {
            boolean within = false;
            for (int column = x0; column < x1; column++, i++) {
                within ^= toggles[i];
                inside[row * width + column] = within;
            }
        }
        return new Mask(width, height, inside);
    }

    /** The smallest box of whole px around a polygon: x0, y0, x1, y1. */
    static int[] box(double[] polygon) {
        double[] corners = {polygon[0], polygon[1], polygon[0], polygon[1]};
        for (int i = 0; i < polygon.length; i++) {
            corners[i % 2] = Math.min(corners[i % 2], polygon[i]);
            corners[2 + i % 2] = Math.max(corners[2 + i % 2], polygon[i]);
        }
        return new int[] {
            (int) Math.floor(corners[0]), (int) Math.floor(corners[1]),
            (int) Math.ceil(corners[2]), (int) Math.ceil(corners[3])
        };
    }

    /** Pixels whose centres lie inside or to the left or top of the border of a mask's convex hull. */
    static Mask convexHull(Mask mask) {
        int[] points = new int[4 * mask.height];
        int used = 0;
        for (int y = 0; y < mask.height; y++) {
            int first = -1;
            int last = -1;
            for (int x = 0; x < mask.width; x++) {
                if (mask.data[y * mask.width + x]) {
                    first = first < 0 ? x : first;
                    last = x;
                }
            }
            if (first >= 0) {
                points[used++] = first;
                points[used++] = y;
                points[used++] = last;
                points[used++] = y;
            }
        }
        int[] corners = ConvexHull.of(Arrays.copyOf(points, used));
        double[] polygon = new double[corners.length];
        for (int i = 0; i < corners.length; i++) {
            polygon[i] = corners[i] + 0.5;
        }
        Mask hull = fillPolygon(polygon, mask.width, mask.height);
        for (int i = 0; i < hull.data.length; i++) {
            hull.data[i] |= mask.data[i];
        }
        return hull;
    }
}
