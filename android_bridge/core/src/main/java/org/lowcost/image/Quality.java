package org.lowcost.image;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.Scale;
import org.lowcost.Section;
import org.lowcost.json.Numbers;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Rgb;

/** Can this photograph be judged? A verdict with reasons that say what to do about it; {@code lowcost.image.quality}. */
public final class Quality {
    /** The verdicts. */
    public static final String ACCEPTED = "accepted";

    public static final String DOUBTFUL = "doubtful";
    public static final String REJECTED = "rejected";

    /** Where the focus is looked at, as shares of width and height. */
    private static final double[][] PLACES = {{0.5, 0.5}, {0.2, 0.2}, {0.8, 0.2}, {0.2, 0.8}, {0.8, 0.8}};

    /** {@link #ACCEPTED}, {@link #DOUBTFUL} or {@link #REJECTED}. */
    public final String verdict;

    /** Why it is not simply accepted, and what to do; the reasons for a rejection alone where there are any. */
    public final List<String> reasons;

    /** What was measured, by name, in a fixed order. */
    public final Map<String, Double> metrics;

    /** A verdict; both collections are kept as they are. */
    public Quality(String verdict, List<String> reasons, Map<String, Double> metrics) {
        this.verdict = verdict;
        this.reasons = Collections.unmodifiableList(reasons);
        this.metrics = Collections.unmodifiableMap(metrics);
    }

    /** Limits of what can be judged; the bundle's section {@code quality}. */
    public static final class Parameters {
        final int samples;
        final int darkDoubtful;
        final int darkRejected;
        final int clipped;
        final double clippedDoubtful;
        final double clippedRejected;
        final double backgroundDoubtful;
        final double backgroundRejected;
        final int absorbing;
        final double objectsRejected;
        final int contrastDoubtful;
        final int contrastRejected;
        final int colourRejected;
        final double flatDoubtful;
        final double flatRejected;
        final int dense;
        final int black;
        final double violetRejected;
        final int blueQuantilePercent;
        final double blueDoubtful;
        final double blueRejected;
        final int redCellsDoubtful;
        final double confidenceDoubtful;
        final double rulerConfidence;
        final int rulerRedCells;
        final double rulerDoubtful;
        final double rulerRejected;
        final double scaleRejected;
        final double noSmearBackground;
        final double focusUmPerPx;
        final int focusPx;
        final double focusReachUm;
        final int focusContrast;
        final int focusPoints;
        final double blurDoubtfulUm;
        final double blurRejectedUm;
        final double coarseUmPerPx;

        /** Reads the parameters. */
        public Parameters(Section section) {
            samples = section.integer("samples");
            darkDoubtful = section.integer("dark_doubtful");
            darkRejected = section.integer("dark_rejected");
            clipped = section.integer("clipped");
            clippedDoubtful = section.number("clipped_doubtful");
            clippedRejected = section.number("clipped_rejected");
            backgroundDoubtful = section.number("background_doubtful");
            backgroundRejected = section.number("background_rejected");
            absorbing = section.integer("absorbing");
            objectsRejected = section.number("objects_rejected");
            contrastDoubtful = section.integer("contrast_doubtful");
            contrastRejected = section.integer("contrast_rejected");
            colourRejected = section.integer("colour_rejected");
            flatDoubtful = section.number("flat_doubtful");
            flatRejected = section.number("flat_rejected");
            dense = section.integer("dense");
            black = section.integer("black");
            violetRejected = section.number("violet_rejected");
            blueQuantilePercent = section.integer("blue_quantile_percent");
            blueDoubtful = section.number("blue_doubtful");
            blueRejected = section.number("blue_rejected");
            redCellsDoubtful = section.integer("red_cells_doubtful");
            confidenceDoubtful = section.number("confidence_doubtful");
            rulerConfidence = section.number("ruler_confidence");
            rulerRedCells = section.integer("ruler_red_cells");
            rulerDoubtful = section.number("ruler_doubtful");
            rulerRejected = section.number("ruler_rejected");
            scaleRejected = section.number("scale_rejected");
            noSmearBackground = section.number("no_smear_background");
            focusUmPerPx = section.number("focus_um_per_px");
            focusPx = section.integer("focus_px");
            focusReachUm = section.number("focus_reach_um");
            focusContrast = section.integer("focus_contrast");
            focusPoints = section.integer("focus_points");
            blurDoubtfulUm = section.number("blur_doubtful_um");
            blurRejectedUm = section.number("blur_rejected_um");
            coarseUmPerPx = section.number("coarse_um_per_px");
            section.finish();
        }
    }

    /** Reasons as they are found. */
    private static final class Verdict {
        final List<String> rejections = new ArrayList<>();
        final List<String> doubts = new ArrayList<>();

        void judge(boolean bad, boolean doubtful, String reason) {
            if (bad) {
                rejections.add(reason);
            } else if (doubtful) {
                doubts.add(reason);
            }
        }

        Quality quality(Map<String, Double> metrics) {
            return rejections.isEmpty()
                    ? new Quality(doubts.isEmpty() ? ACCEPTED : DOUBTFUL, doubts, metrics)
                    : new Quality(REJECTED, rejections, metrics);
        }
    }

    /**
     * Judges whether a photograph can be analysed.
     *
     * @param pixels the photograph in full resolution
     * @param balanced the same or shrunk, with its background brought to white
     * @param light what was measured on it, with a mask of the size of {@code balanced}
     * @param scale um per px of {@code pixels}
     * @param measured what the red cells of the photograph measure, {@code scale} itself where nothing else gives it
     * @param p the limits
     */
    public static Quality assess(
            Rgb pixels, Rgb balanced, Illumination light, Scale scale, Scale measured, Parameters p) {
        Map<String, Double> metrics = measure(pixels, balanced, light, p);
        metrics.put("scale_confidence", scale.confidence);
        Verdict verdict = new Verdict();
        double brightness = metrics.get("background_brightness");
        double background = metrics.get("background_share");
        verdict.judge(
                brightness < p.darkRejected,
                brightness < p.darkDoubtful,
                "too dark: raise the lamp or the exposure and photograph again");
        verdict.judge(
                metrics.get("clipped_share") > p.clippedRejected,
                metrics.get("clipped_share") > p.clippedDoubtful
                        || metrics.get("background_darkest_channel") >= p.clipped,
                "overexposed: lower the lamp or the exposure so that the background is not clipped");
        if (!verdict.rejections.isEmpty()) {
            return verdict.quality(metrics);
        }
        if (metrics.get("object_share") < p.objectsRejected) {
            return rejected("no cells in view: move to a part of the smear that has some", metrics);
        }
        if (metrics.get("object_colour") < p.colourRejected) {
            return rejected("not a stained smear: nothing in view has colour", metrics);
        }
        verdict.judge(
                metrics.get("flat_share") > p.flatRejected,
                metrics.get("flat_share") > p.flatDoubtful,
                "drawn or compressed too much: its colours do not vary as those of a photograph, give the original");
        verdict.judge(
                known(metrics, "nuclei_violet") < p.violetRejected,
                false,
                "not a stained smear: what is darkest in view is not violet, as nuclei are");
        verdict.judge(
                known(metrics, "nuclei_blue") < p.blueRejected,
                known(metrics, "nuclei_blue") < p.blueDoubtful,
                "red and blue seem to be swapped: give the channels in the order red, green, blue");
        verdict.judge(
                background < p.backgroundRejected,
                background < p.backgroundDoubtful,
                "hardly any empty background: move to a thinner part of the smear");
        verdict.judge(
                metrics.get("object_darkness") < p.contrastRejected,
                metrics.get("object_darkness") < p.contrastDoubtful,
                "cells too pale to tell from the background: check stain, exposure and condenser");
        if (scale.source.equals("unknown")) {
            verdict.judge(
                    true,
                    false,
                    "no red cells to measure: give um per px (--um-per-px), or photograph a field that shows some"
                            + " whole");
        } else {
            judgeScale(verdict, metrics, pixels, light, scale, measured, p);
        }
        return verdict.quality(metrics);
    }

    private static Quality rejected(String reason, Map<String, Double> metrics) {
        return new Quality(REJECTED, Collections.singletonList(reason), metrics);
    }

    private static double known(Map<String, Double> metrics, String name) {
        Double value = metrics.get(name);
        return value == null ? 1.0 : value;
    }

    private static void judgeScale(
            Verdict verdict,
            Map<String, Double> metrics,
            Rgb pixels,
            Illumination light,
            Scale scale,
            Scale measured,
            Parameters p) {
        boolean own = scale.source.equals("red cells");
        // A scale from elsewhere is somebody's word that this is a smear.
        boolean crowd = measured.confidence < p.scaleRejected
                && metrics.get("background_share") < p.noSmearBackground;
        verdict.judge(
                crowd && own,
                crowd,
                "not a smear, or too thick a part of one: no round red cells and hardly any empty background");
        boolean unsure = scale.redCells < p.redCellsDoubtful || scale.confidence < p.confidenceDoubtful;
        verdict.judge(
                false,
                own && unsure,
                "few whole red cells, so the scale is uncertain: give um per px (--um-per-px) if you know it");
        double ratio = disagreement(scale, measured, p);
        verdict.judge(ratio > p.rulerRejected, ratio > p.rulerDoubtful, contradiction(scale, measured));
        double umPerPx = Math.sqrt(scale.umPerPxX * scale.umPerPxY);
        verdict.judge(
                false,
                umPerPx > p.coarseUmPerPx,
                "low magnification: cells are found and counted, but not described");
        // Coarser pixels blur by themselves.
        double width = umPerPx <= p.coarseUmPerPx ? edgeWidth(pixels, light, scale, p) : Double.NaN;
        if (!Double.isNaN(width)) {
            metrics.put("edge_width_um", width);
            verdict.judge(
                    width > p.blurRejectedUm,
                    width > p.blurDoubtfulUm,
                    "out of focus: refocus and photograph again");
        }
    }

    /** By what factor red cells that can be trusted say another scale, the worse of both axes; 1 where none can be. */
    private static double disagreement(Scale scale, Scale measured, Parameters p) {
        if (measured.confidence < p.rulerConfidence || measured.redCells < p.rulerRedCells) {
            return 1.0;
        }
        double x = scale.umPerPxX / measured.umPerPxX;
        double y = scale.umPerPxY / measured.umPerPxY;
        return Math.max(Math.max(x, y), 1.0 / Math.min(x, y));
    }

    /** Both figures in words. */
    private static String contradiction(Scale scale, Scale measured) {
        String by = scale.source.equals("given")
                ? "given"
                : scale.source.equals("metadata") ? "the file says" : "the " + scale.source + " says";
        return by + " " + inWords(scale) + " um per px, but the red cells measure " + inWords(measured)
                + ": check --um-per-px";
    }

    private static String inWords(Scale scale) {
        String across = Numbers.general(scale.umPerPxX, 2);
        return scale.umPerPxX == scale.umPerPxY
                ? across
                : across + " across and " + Numbers.general(scale.umPerPxY, 2) + " down";
    }

    /** Measures exposure, background and objects on about {@code samples} pixels. */
    private static Map<String, Double> measure(Rgb pixels, Rgb balanced, Illumination light, Parameters p) {
        Mask mask = light.mask;
        int step = Math.max(1, (int) Math.sqrt((double) mask.data.length / p.samples));
        int factor = pixels.height / balanced.height;
        int most = ((mask.width + step - 1) / step) * ((mask.height + step - 1) / step);
        int[] darkness = new int[256];
        int[] colour = new int[256];
        int[] objects = new int[most];
        int seen = 0;
        int found = 0;
        int clipped = 0;
        int flat = 0;
        byte[] data = balanced.data;
        for (int y = 0; y < mask.height; y += step) {
            for (int x = 0; x < mask.width; x += step) {
                int i = y * mask.width + x;
                if (!mask.data[i]) {
                    continue;
                }
                seen++;
                int dark = Outline.darkness(data, 3 * i);
                if (dark <= p.absorbing) {
                    continue;
                }
                objects[found++] = 3 * i;
                darkness[dark]++;
                int red = data[3 * i] & 0xff;
                int green = data[3 * i + 1] & 0xff;
                int blue = data[3 * i + 2] & 0xff;
                colour[Math.max(Math.max(red, green), blue) - Math.min(Math.min(red, green), blue)]++;
                // The same places in the photograph itself: means would hide clipped and evenly drawn pixels.
                int row = Math.min(Math.max(y * factor + factor / 2, 1), Math.max(pixels.height - 2, 1));
                int column = Math.min(Math.max(x * factor + factor / 2, 1), Math.max(pixels.width - 2, 1));
                int place = 3 * (row * pixels.width + column);
                clipped += isClipped(pixels.data, place) ? 1 : 0;
                flat += isFlat(pixels.data, place, 3 * pixels.width) ? 1 : 0;
            }
        }
        int[] white = light.whitePoint();
        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("background_brightness", (double) Math.max(Math.max(white[0], white[1]), white[2]));
        metrics.put("background_darkest_channel", (double) Math.min(Math.min(white[0], white[1]), white[2]));
        metrics.put("background_share", light.backgroundShare);
        metrics.put("object_share", (double) found / Math.max(seen, 1));
        metrics.put("object_darkness", found == 0 ? 0.0 : quantile(darkness, found, 50));
        metrics.put("object_colour", found == 0 ? 0.0 : quantile(colour, found, 98));
        metrics.put("clipped_share", found == 0 ? 0.0 : (double) clipped / found);
        metrics.put("flat_share", found == 0 ? 0.0 : (double) flat / found);
        putNuclei(metrics, data, Arrays.copyOf(objects, found), light.white, p);
        return metrics;
    }

    private static boolean isClipped(byte[] data, int at) {
        return data[at] == (byte) 255 || data[at + 1] == (byte) 255 || data[at + 2] == (byte) 255;
    }

    /** Whether a pixel equals all four neighbours. */
    private static boolean isFlat(byte[] data, int at, int stride) {
        for (int i = at; i < at + 3; i++) {
            byte value = data[i];
            if (value != data[i - 3] || value != data[i + 3] || value != data[i - stride] || value != data[i + stride]) {
                return false;
            }
        }
        return true;
    }

    /** Colour of the densest hundredth of the objects, where that is denser than red cells can be. */
    private static void putNuclei(Map<String, Double> metrics, byte[] data, int[] objects, int white, Parameters p) {
        int[] greens = new int[256];
        int[] hued = new int[256];
        int number = 0;
        for (int at : objects) {
            int green = data[at + 1] & 0xff;
            greens[green]++;
            if (green > p.black) {
                hued[green]++;
                number++;
            }
        }
        if (number == 0) {
            return;
        }
        int limit = quantile(hued, number, 1);
        int[] densestGreens = new int[256];
        int[] densestBlues = new int[256];
        int[] lessRed = new int[511];
        int counted = 0;
        for (int at : objects) {
            int green = data[at + 1] & 0xff;
            if (green > p.black && green <= limit) {
                counted++;
                densestGreens[green]++;
                densestBlues[data[at + 2] & 0xff]++;
                lessRed[(data[at + 2] & 0xff) - (data[at] & 0xff) + 255]++;
            }
        }
        int green = quantile(densestGreens, counted, 50);
        int blue = quantile(densestBlues, counted, 50);
        int bluest = quantile(lessRed, counted, p.blueQuantilePercent) - 255;
        int layer = quantile(greens, objects.length, 50);
        if (green > p.dense && green * white * white > layer * layer * layer) {
            return;
        }
        int darkness = Math.max(white - green, 1);
        metrics.put("nuclei_violet", (double) (blue - green) / darkness);
        metrics.put("nuclei_blue", (double) bluest / darkness);
    }

    /** Value below which {@code percent} of 100 of {@code number} counted values lie. */
    private static int quantile(int[] counts, int number, int percent) {
        int rank = (int) ((long) number * percent / 100);
        int value = 0;
        for (int below = counts[0]; below <= rank; below += counts[value]) {
            value++;
        }
        return value;
    }

    /** Median of contrast over slope across the outlines of five patches, um, or NaN where they show too few. */
    private static double edgeWidth(Rgb pixels, Illumination light, Scale scale, Parameters p) {
        double stepX = p.focusUmPerPx / scale.umPerPxX;
        double stepY = p.focusUmPerPx / scale.umPerPxY;
        int edge = p.focusPx;
        int[][] patches = new int[PLACES.length][];
        int[] counts = new int[256];
        for (int i = 0; i < PLACES.length; i++) {
            double x = PLACES[i][0];
            double y = PLACES[i][1];
            double left = Math.min(
                    Math.max(x * pixels.width - 0.5 * edge * stepX, 0.0),
                    Math.max(pixels.width - edge * stepX, 0.0));
            double top = Math.min(
                    Math.max(y * pixels.height - 0.5 * edge * stepY, 0.0),
                    Math.max(pixels.height - edge * stepY, 0.0));
            // Every cell absorbs green; one channel is a third of the work.
            int green = light.whiteAt(x, y)[1];
            byte[] seen = Resample.sampleChannel(pixels, 1, left, top, stepX, stepY, edge, edge, green);
            int[] patch = new int[seen.length];
            for (int at = 0; at < patch.length; at++) {
                int brought = ((seen[at] & 0xff) * light.white + green / 2) / green;
                patch[at] = light.white - Math.min(brought, light.white);
                counts[patch[at]]++;
            }
            patches[i] = patch;
        }
        int threshold = Outline.paleThreshold(counts);
        double reach = p.focusReachUm / p.focusUmPerPx;
        Mask everywhere = Mask.full(edge, edge);
        double[] widths = new double[PLACES.length * edge * edge];
        int found = 0;
        for (int[] patch : patches) {
            Outline traced = Outline.trace(patch, threshold, everywhere);
            int[] within = traced.towards(reach);
            int[] without = traced.towards(-reach);
            for (int i = 0; i < within.length; i++) {
                double contrast = (double) patch[within[i]] - patch[without[i]];
                if (contrast > p.focusContrast) {
                    widths[found++] = contrast / traced.slope[i];
                }
            }
        }
        if (found < p.focusPoints) {
            return Double.NaN;
        }
        Arrays.sort(widths, 0, found);
        return widths[found / 2] * p.focusUmPerPx;
    }
}
