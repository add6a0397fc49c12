package org.lowcost.raster;

import java.util.Arrays;

/**
 * The connected components of a mask, numbered as OpenCV's {@code connectedComponents} numbers them: by 4 neighbours in
 * reading order of their first pixels, by 8 in reading order of the first 2 x 2 blocks that they reach into.
 */
public final class Components {
    /** Number of components. */
    public final int count;

    /** 1 to {@code count} for each pixel, row by row; 0 outside the mask. */
    public final int[] labels;

    private final int width;
    private final int height;

    private Components(int count, int[] labels, int width, int height) {
        this.count = count;
        this.labels = labels;
        this.width = width;
        this.height = height;
    }

    /**
     * Finds the components of a mask.
     *
     * @param mask row by row
     * @param width of the mask, px
     * @param height of the mask, px
     * @param connectivity 4 or 8 neighbours
     */
    public static Components of(boolean[] mask, int width, int height, int connectivity) {
        boolean diagonal = connectivity == 8;
        int[] labels = new int[mask.length];
        int[] parents = new int[256];
        int used = 1;
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                if (!mask[i]) {
                    continue;
                }
                int label = x > 0 ? labels[i - 1] : 0;
                if (y > 0) {
                    int above = labels[i - width];
                    if (above > 0) {
                        label = label > 0 ? join(parents, label, above) : above;
                    } else if (diagonal) {
                        // With a pixel above, those beside it are joined already.
                        int left = x > 0 ? labels[i - width - 1] : 0;
                        int right = x + 1 < width ? labels[i - width + 1] : 0;
                        if (label == 0) {
                            label = left;
                        }
                        if (right > 0) {
                            label = label > 0 ? join(parents, label, right) : right;
                        }
                    }
                }
                if (label == 0) {
                    if (used == parents.length) {
                        parents = Arrays.copyOf(parents, 2 * used);
                    }
                    parents[used] = used;
                    label = used++;
                }
                labels[i] = label;
            }
        }
        return numbered(labels, parents, used, width, height, diagonal ? 2 : 1);
    }

    /** Makes one set of two and returns its root, the smaller one. */
    private static int join(int[] parents, int one, int other) {
        if (one == other) {
            return one;
        }
        int a = root(parents, one);
        int b = root(parents, other);
        int root = Math.min(a, b);
        parents[a] = root;
        parents[b] = root;
        return root;
    }

    private static int root(int[] parents, int label) {
        int root = label;
        while (parents[root] != root) {
            parents[root] = parents[parents[root]];
            root = parents[root];
        }
        return root;
    }

    /** Exchanges provisional labels for numbers in reading order of blocks. */
    private static Components numbered(int[] labels, int[] parents, int used, int width, int height, int block) {
        int[] numbers = new int[used];
        int roots = 0;
        for (int label = 1; label < used; label++) {
            parents[label] = parents[parents[label]]; // a parent is smaller, so it has its root already
            roots += parents[label] == label ? 1 : 0;
        }
        int count = 0;
        for (int top = 0; count < roots; top += block) {
            for (int left = 0; left < width; left += block) {
                for (int y = top; y < Math.min(top + block, height); y++) {
                    for (int x = left; x < Math.min(left + block, width); x++) {
                        int root = parents[labels[y * width + x]];
                        if (root > 0 && numbers[root] == 0) {
                            numbers[root] = ++count;
                        }
                    }
                }
            }
        }
        for (int label = 1; label < used; label++) {
            numbers[label] = numbers[parents[label]];
        }
        for (int i = 0; i < labels.length; i++) {
            labels[i] = numbers[labels[i]];
        }
        return new Components(count, labels, width, height);
    }

    /** Number of pixels of each component, {@code count + 1} long; 0 stands for what is outside the mask. */
    public int[] areas() {
        int[] areas = new int[count + 1];
        for (int label : labels) {
            areas[label]++;
        }
        return areas;
    }

    /** Boxes of all components as quadruples x0, y0, x1, y1, the latter exclusive; the first quadruple is label 1's. */
    public int[] boxes() {
        int[] boxes = new int[4 * count];
        for (int i = 0; i < boxes.length; i += 4) {
            boxes[i] = width;
            boxes[i + 1] = height;
        }
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                int at = 4 * (labels[i] - 1);
                if (at >= 0) {
                    boxes[at] = Math.min(boxes[at], x);
                    boxes[at + 1] = Math.min(boxes[at + 1], y);
                    boxes[at + 2] = Math.max(boxes[at + 2], x + 1);
                    boxes[at + 3] = Math.max(boxes[at + 3], y + 1);
                }
            }
        }
        return boxes;
    }
}
