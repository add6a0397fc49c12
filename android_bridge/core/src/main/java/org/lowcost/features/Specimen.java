package org.lowcost.features;

import static org.lowcost.features.Table.UM2_PER_PX;
import static org.lowcost.features.Table.WHITE;
import static org.lowcost.features.Table.px;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.lowcost.raster.Components;
import org.lowcost.raster.Element;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Morphology;
import org.lowcost.raster.Rgb;

/** One cell cut out of its view: channels, regions and the statistics that the groups share, each computed once. */
final class Specimen {
    /** Integer optical density counts hundredths of a natural-log unit. */
    static final int OD_SCALE = 100;

    /** Largest integer optical density: 2.55, a transmission of 8 %. */
    static final int OD_MAX = 255;

    /** Fewer px than this are no cytoplasm to measure. */
    private static final int LEAST_CYTOPLASM = px(0.5) * px(0.5);

    /** Disc of 0.25 um radius that opens the nucleus: what is narrower is a thread between lobes or a dark cell edge. */
    private static final Element THREAD = thread();

    /** Parts of the opened nucleus smaller than this, px, or than this share of its largest part are no nucleus. */
    private static final double SPECK = 1.0 / UM2_PER_PX;

    private static final double SPECK_SHARE = 0.03;

    /** Smaller holes of the nucleus, px, are filled: they are pale chromatin or a vacuole over it, not a ring's middle. */
    private static final double PINHOLE = 1.5 / UM2_PER_PX;

    /** Integer optical density of each pixel value. */
    private static final int[] OD_TABLE = new int[256];

    /** Share (of 255) given to each channel where a pixel is nearly empty: where the three densities add up to less. */
    private static final int EMPTY_SHARE = 85;

    private static final int FAINT = 10;

    static {
        for (int value = 0; value < OD_TABLE.length; value++) {
            // None of them is near half a hundredth: any logarithm gives the same table.
            double density = Math.rint(OD_SCALE * Math.log((double) WHITE / Math.max(value, 1)));
            OD_TABLE[value] = (int) Math.min(Math.max(density, 0), OD_MAX);
        }
    }

    /** The whole cell; its window is the whole array. */
    final Region cell;

    /** The nucleus without threads, specks and pinholes; null where there is none. */
    final Region nucleus;

    /** Cell without nucleus. */
    final Mask cytoplasm;

    /** Its px. */
    final int cytoplasmArea;

    /** Whether there is enough of it to measure. */
    final boolean hasCytoplasm;

    private final int width;
    private final int height;
    private final Map<Channel, Grey> channels = new EnumMap<>(Channel.class);
    private final Map<Channel, Grey> nuclear = new EnumMap<>(Channel.class);
    private final Map<Channel, Grey> levelled = new EnumMap<>(Channel.class);
    private final Map<Part, Map<Channel, Distribution>> found = new EnumMap<>(Part.class);
    private final Map<String, Grey> topHats = new HashMap<>();
    private Grey nuclearGreen;

    /**
     * @param view balanced RGB, empty background {@link Table#WHITE}
     * @param nucleus pixels of the nucleus; they count as cell
     * @param cell pixels of the cell; there is at least one of either
     */
    Specimen(Rgb view, Mask nucleus, Mask cell) {
        boolean[] either = nucleus.data.clone();
        for (int i = 0; i < either.length; i++) {
            either[i] |= cell.data[i];
        }
        Mask all = new Mask(cell.width, cell.height, either);
        Window box = Geometry.boundingWindow(all, 0);
        width = box.width + 2 * Geometry.BORDER;
        height = box.height + 2 * Geometry.BORDER;
        fillChannels(view, box);
        Mask inside = cleaned(bordered(nucleus, box));
        boolean[] whole = bordered(all, box).data;
        for (int i = 0; i < whole.length; i++) {
            whole[i] |= inside.data[i];
        }
        this.cell = new Region(new Mask(width, height, whole));
        this.nucleus = inside.count() > 0 ? new Region(inside) : null;
        cytoplasm = Geometry.without(this.cell.whole, inside);
        cytoplasmArea = cytoplasm.count();
        hasCytoplasm = cytoplasmArea >= LEAST_CYTOPLASM;
        for (Part part : Part.values()) {
            found.put(part, new EnumMap<>(Channel.class));
        }
    }

    private void fillChannels(Rgb view, Window box) {
        for (Channel channel : Channel.values()) {
            channels.put(channel, Grey.full(width, height, 0));
        }
        byte[] red = channels.get(Channel.RED).data;
        byte[] green = channels.get(Channel.GREEN).data;
        byte[] blue = channels.get(Channel.BLUE).data;
        byte[] redValue = channels.get(Channel.RED_VALUE).data;
        byte[] greenValue = channels.get(Channel.GREEN_VALUE).data;
        byte[] blueValue = channels.get(Channel.BLUE_VALUE).data;
        byte[] redShare = channels.get(Channel.RED_SHARE).data;
        byte[] blueShare = channels.get(Channel.BLUE_SHARE).data;
        byte[] mean = channels.get(Channel.MEAN).data;
        Arrays.fill(redValue, (byte) WHITE);
        Arrays.fill(greenValue, (byte) WHITE);
        Arrays.fill(blueValue, (byte) WHITE);
        Arrays.fill(redShare, (byte) EMPTY_SHARE);
        Arrays.fill(blueShare, (byte) EMPTY_SHARE);
        for (int y = 0; y < box.height; y++) {
            int from = 3 * ((box.top + y) * view.width + box.left);
            int to = (y + Geometry.BORDER) * width + Geometry.BORDER;
            for (int x = 0; x < box.width; x++, from += 3, to++) {
                redValue[to] = view.data[from];
                greenValue[to] = view.data[from + 1];
                blueValue[to] = view.data[from + 2];
                int r = OD_TABLE[view.data[from] & 0xff];
                int g = OD_TABLE[view.data[from + 1] & 0xff];
                int b = OD_TABLE[view.data[from + 2] & 0xff];
                int sum = r + g + b;
                red[to] = (byte) r;
                green[to] = (byte) g;
                blue[to] = (byte) b;
                mean[to] = (byte) (sum / 3);
                if (sum >= FAINT) {
                    redShare[to] = (byte) (255 * r / sum);
                    blueShare[to] = (byte) (255 * b / sum);
                }
            }
        }
    }

    /** A channel. */
    Grey channel(Channel channel) {
        return channels.get(channel);
    }

    /** A channel in the nucleus's window. */
    Grey nuclear(Channel channel) {
        Grey grey = nuclear.get(channel);
        if (grey == null) {
            grey = channels.get(channel).cut(nucleus.window);
            nuclear.put(channel, grey);
        }
        return grey;
    }

    /** Returns the values of a channel in a part of the cell. */
    Distribution distribution(Channel channel, Part part) {
        Distribution known = found.get(part).get(channel);
        if (known == null) {
            known = measured(channel, part);
            found.get(part).put(channel, known);
        }
        return known;
    }

    private Distribution measured(Channel channel, Part part) {
        if (part == Part.CELL) {
            return distribution(channel, Part.NUCLEUS).plus(distribution(channel, Part.CYTOPLASM));
        }
        if (channel.value() != null) {
            return distribution(channel.value(), part).through(OD_TABLE);
        }
        if (part == Part.CYTOPLASM) {
            return Distribution.of(channels.get(channel), cytoplasm);
        }
        return nucleus == null ? new Distribution(new int[256]) : Distribution.of(nuclear(channel), nucleus.mask);
    }

    /** Returns a channel with everything but the cytoplasm at the cytoplasm's median, so that filters see no edge. */
    Grey levelled(Channel channel) {
        Grey known = levelled.get(channel);
        if (known == null) {
            int median = distribution(channel, Part.CYTOPLASM).median();
            known = Filters.levelOutside(channels.get(channel), cytoplasm, median);
            levelled.put(channel, known);
        }
        return known;
    }

    /** Returns the top-hat of the cytoplasm's density in a channel. */
    Grey topHat(Channel channel, double um) {
        String key = channel.label + um;
        Grey known = topHats.get(key);
        if (known == null) {
            known = Filters.topHat(levelled(channel), um);
            topHats.put(key, known);
        }
        return known;
    }

    /** Green density in the nucleus's window, everything but the nucleus at the nucleus's median. */
    Grey nuclearGreen() {
        if (nuclearGreen == null) {
            int median = distribution(Channel.GREEN, Part.NUCLEUS).median();
            nuclearGreen = Filters.levelOutside(nuclear(Channel.GREEN), nucleus.mask, median);
        }
        return nuclearGreen;
    }

    /** Returns the mean red, green and blue density of a part, in hundredths. */
    double[] means(Part part) {
        double[] means = new double[Channel.LIGHT.length];
        for (int i = 0; i < means.length; i++) {
            means[i] = distribution(Channel.LIGHT[i], part).mean;
        }
        return means;
    }

    /** The nucleus without threads, specks and pinholes; as it is where nothing else would remain. */
    private static Mask cleaned(Mask nucleus) {
        boolean[] cleaned = new boolean[nucleus.data.length];
        Mask whole = new Mask(nucleus.width, nucleus.height, cleaned);
        if (nucleus.count() > 0) {
            Window window = Geometry.boundingWindow(nucleus, Geometry.BORDER);
            boolean[] solid = solid(Geometry.cut(nucleus, window));
            for (int y = 0; y < window.height; y++) {
                int to = (window.top + y) * nucleus.width + window.left;
                System.arraycopy(solid, y * window.width, cleaned, to, window.width);
            }
        }
        return whole;
    }

    /** The same of a nucleus that fills its window. */
    private static boolean[] solid(Mask pixels) {
        Mask thick = new Mask(
                pixels.width, pixels.height, Morphology.open(pixels.data, pixels.width, pixels.height, THREAD));
        Components parts = Geometry.label(thick, 8);
        int[] areas = Geometry.areas(parts);
        int largest = 0;
        for (int area : areas) {
            largest = Math.max(largest, area);
        }
        double least = Math.max(SPECK, SPECK_SHARE * largest);
        boolean[] solid = pixels.data.clone();
        boolean[] outside = new boolean[solid.length];
        for (int i = 0; i < solid.length; i++) {
            solid[i] = largest >= least ? areas[parts.labels[i]] >= least : solid[i];
            outside[i] = !solid[i];
        }
        Components holes = Components.of(outside, pixels.width, pixels.height, 4);
        int[] sizes = Geometry.areas(holes);
        for (int i = 0; i < solid.length; i++) {
            int hole = holes.labels[i];
            solid[i] |= hole != holes.labels[0] && sizes[hole] < PINHOLE;
        }
        return solid;
    }

    /** A box of a mask with an empty border around it. */
    private static Mask bordered(Mask mask, Window box) {
        int border = Geometry.BORDER;
        int width = box.width + 2 * border;
        int height = box.height + 2 * border;
        boolean[] wider = new boolean[width * height];
        for (int y = 0; y < box.height; y++) {
            int from = (box.top + y) * mask.width + box.left;
            System.arraycopy(mask.data, from, wider, (y + border) * width + border, box.width);
        }
        return new Mask(width, height, wider);
    }

    private static Element thread() {
        boolean[] pixels = new boolean[25];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = i % 24 != 0 && i % 16 != 4; // all but the corners
        }
        return Element.of(pixels, 5, 5);
    }
}
