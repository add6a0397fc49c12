package org.lowcost.raster;

/** A mask of 64 pixels in each word, for morphology: rows of words with room beside them for what shifts out. */
final class Bits {
    private final int width;
    private final int height;

    /** Words before, and after, those of a row's pixels. */
    private final int margin;

    private final int stride;
    private final long[] words;

    private Bits(int width, int height, int margin) {
        this.width = width;
        this.height = height;
        this.margin = margin;
        stride = (width + 63) / 64 + 2 * margin;
        words = new long[stride * height];
    }

    /** Packs those pixels of a mask that have a value, with room for an element. */
    static Bits of(boolean[] mask, boolean value, int width, int height, Element element) {
        int reach = 0;
        for (int i = 0; i < element.runs.length; i += 3) {
            reach = Math.max(reach, Math.max(-element.runs[i + 1], element.runs[i + 2]));
        }
        Bits bits = new Bits(width, height, (reach + 63) / 64);
        for (int y = 0, i = 0; y < height; y++) {
            int word = y * bits.stride + bits.margin;
            for (int x = 0; x < width; x += 64, word++) {
                long packed = 0;
                for (int bit = 0, end = Math.min(64, width - x); bit < end; bit++, i++) {
                    packed |= (mask[i] == value ? 1L : 0L) << bit;
                }
                bits.words[word] = packed;
            }
        }
        return bits;
    }

    /** The pixels as they are, or those that are not in the set. */
    boolean[] mask(boolean value) {
        boolean[] mask = new boolean[width * height];
        for (int y = 0, i = 0; y < height; y++) {
            int word = y * stride + margin;
            for (int x = 0; x < width; x += 64, word++) {
                long packed = words[word];
                for (int bit = 0, end = Math.min(64, width - x); bit < end; bit++, i++) {
                    mask[i] = (packed >> bit & 1) != 0 == value;
                }
            }
        }
        return mask;
    }

    /** All pixels that are not in the set. */
    Bits inverted() {
        Bits inverted = new Bits(width, height, margin);
        for (int y = 0; y < height; y++) {
            int word = y * stride + margin;
            for (int x = 0; x < width; x += 64, word++) {
                long inside = width - x < 64 ? (1L << width - x) - 1 : -1L;
                inverted.words[word] = ~words[word] & inside;
            }
        }
        return inverted;
    }

    /** The pixels that have one of the set under an element for which there is room. */
    Bits dilated(Element element) {
        Bits dilated = new Bits(width, height, margin);
        long[] along = new long[words.length];
        long[] spare = new long[words.length];
        int[] runs = element.runs;
        for (int run = 0; run < runs.length; run += 3) {
            int first = runs[run + 1];
            int last = runs[run + 2];
            if (run == 0 || first != runs[run - 2] || last != runs[run - 1]) {
                shift(words, first, along);
                for (int covered = 1; covered <= last - first; ) {
                    int more = Math.min(covered, last - first + 1 - covered);
                    shift(along, more, spare);
                    for (int i = 0; i < along.length; i++) {
                        along[i] |= spare[i];
                    }
                    covered += more;
                }
            }
            int down = runs[run] * stride;
            int end = Math.min(words.length, words.length - down);
            for (int i = Math.max(0, -down); i < end; i++) {
                dilated.words[i] |= along[i + down];
            }
        }
        return dilated.inverted().inverted(); // without what came to lie in the margins
    }

    /** The pixels {@code by} px further right, or left where negative; rows run into each other's margins only. */
    private static void shift(long[] words, int by, long[] shifted) {
        int whole = by >> 6;
        int rest = by & 63;
        for (int i = 0; i < shifted.length; i++) {
            int from = i + whole;
            long low = from >= 0 && from < words.length ? words[from] : 0;
            long high = from + 1 >= 0 && from + 1 < words.length ? words[from + 1] : 0;
            shifted[i] = rest == 0 ? low : low >>> rest | high << 64 - rest;
        }
    }
}
