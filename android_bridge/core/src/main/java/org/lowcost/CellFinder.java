package org.lowcost;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.image.Resample;
import org.lowcost.image.Window;
import org.lowcost.raster.Contours;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Rgb;
import org.lowcost.segmentation.Lobes;
import org.lowcost.segmentation.NuclearEdge;
import org.lowcost.segmentation.Nuclei;
import org.lowcost.segmentation.Outline;
import org.lowcost.segmentation.Piece;
import org.lowcost.segmentation.Surroundings;

/**
 * Every leukocyte of a photograph in its own view: optics, then nuclei, then outlines; {@code lowcost.cells.CellFinder}.
 * Holds nothing but parameters: any thread may use it.
 */
public final class CellFinder {
    private static final int FINER = 4;

    private static final Comparator<double[][]> LARGEST_FIRST = new Comparator<double[][]>() {
        @Override
        public int compare(double[][] one, double[][] other) {
            if (one.length != other.length) {
                return one.length > other.length ? -1 : 1;
            }
            int byX = Double.compare(one[0][0], other[0][0]);
            return byX != 0 ? byX : Double.compare(one[0][1], other[0][1]);
        }
    };

    private final Optics.Parameters optics;
    private final Resampling resampling;
    private final Stain.Parameters stain;
    private final Nuclei.Parameters nuclei;
    private final Lobes.Parameters lobes;
    private final Surroundings.Parameters surroundings;
    private final NuclearEdge.Parameters nuclearEdge;
    private final Outline.Parameters outline;

    /** @param bundle where every threshold comes from */
    public CellFinder(Bundle bundle) {
        optics = new Optics.Parameters(bundle);
        resampling = new Resampling(bundle.section("resample"));
        stain = new Stain.Parameters(bundle.section("stain"));
        nuclei = new Nuclei.Parameters(bundle.section("nuclei"));
        lobes = new Lobes.Parameters(bundle.section("lobes"));
        surroundings = new Surroundings.Parameters(bundle.section("surroundings"));
        nuclearEdge = new NuclearEdge.Parameters(bundle.section("nuclear_edge"));
        outline = new Outline.Parameters(bundle.section("outline"));
    }

    /**
     * Measures light, scale and quality of a photograph.
     *
     * @param pixels the photograph
     * @param known its scale; null where that is to be measured
     * @param device what is known of the device that took it; null where nothing is
     */
    public Optics optics(Rgb pixels, Scale known, Device device) {
        return Optics.measure(pixels, known, device, optics);
    }

    /**
     * Finds the cells of a photograph.
     *
     * @param optics the photograph and its measurements; its scale must be known
     * @param progress hears how far it is, and can stop it; null where nobody listens
     * @return a view of each leukocyte, and what else was seen
     * @throws CancelledException the listener wanted no more
     */
    public Found find(Optics optics, Progress progress) {
        Detection seen = detect(optics);
        Nuclei found = seen.nuclei;
        double toX = seen.toX;
        double toY = seen.toY;
        List<Piece> shown = new ArrayList<>();
        List<int[]> artefacts = new ArrayList<>();
        for (Piece piece : found.pieces) {
            if (shows(piece, seen.umPerPx)) {
                shown.add(piece);
            } else {
                artefacts.add(scaled(new int[] {piece.x0, piece.y0, piece.x1, piece.y1}, toX, toY, optics.pixels));
            }
        }
        found = artefacts.isEmpty() ? found : found.withPieces(shown);
        Steps steps = new Steps(progress);
        Map<Piece, View> views = new IdentityHashMap<>();
        look(optics, found, toX, toY, views, steps);
        List<double[]> outlines = new ArrayList<>();
        for (Piece piece : found.pieces) {
            outlines.add(unscaled(views.get(piece).polygon, toX, toY));
        }
        Nuclei parted = found;
        Lobes.Outliner asOne = (pieces, joined) -> {
            Nuclei among = parted.withPieces(pieces);
            View view = view(optics, among, among.pieces.indexOf(joined) + 1, toX, toY);
            views.put(joined, view);
            return unscaled(view.polygon, toX, toY);
        };
        found = found.withPieces(Lobes.reunite(found.pieces, outlines, asOne, seen.umPerPx, lobes));
        List<View> ordered = new ArrayList<>();
        for (Piece piece : found.pieces) {
            ordered.add(views.get(piece));
        }
        List<int[]> platelets = new ArrayList<>();
        for (int[] box : found.platelets) {
            int[] platelet = scaled(box, toX, toY, optics.pixels);
            // What lies within a cell is part of it: a fragment of its nucleus, or a clump of its granules.
            if (!isWithinAny(ordered, (platelet[0] + platelet[2]) / 2.0, (platelet[1] + platelet[3]) / 2.0)) {
                platelets.add(platelet);
            }
        }
        return new Found(ordered, platelets, artefacts, vectors(seen.density, found, seen.inside));
    }

    /** Finds the nuclei of a photograph; its scale must be known. */
    public Detection detect(Optics optics) {
        double umPerPx = detectionUmPerPx(optics);
        double stepX = umPerPx / (optics.scale.umPerPxX * optics.factor);
        double stepY = umPerPx / (optics.scale.umPerPxY * optics.factor);
        int width = (int) Math.ceil(optics.balanced.width / stepX);
        int height = (int) Math.ceil(optics.balanced.height / stepY);
        Rgb image = Resample.sample(optics.balanced, 0.0, 0.0, stepX, stepY, width, height, resampling.white);
        Mask inside = Window.nearest(optics.light.mask, 0.0, 0.0, stepX, stepY, width, height);
        short[] density = Stain.opticalDensity(image, stain);
        short[] chromatin = Stain.chromatinDensity(density, stain.blueLimit);
        Nuclei found = Nuclei.find(density, chromatin, inside, umPerPx, nuclei, lobes, surroundings);
        return new Detection(density, inside, found, umPerPx, stepX * optics.factor, stepY * optics.factor);
    }

    private Map<String, double[]> vectors(short[] density, Nuclei found, Mask inside) {
        boolean[] labelled = new boolean[inside.data.length];
        boolean[] rest = new boolean[inside.data.length];
        for (int i = 0; i < rest.length; i++) {
            labelled[i] = found.labels[i] > 0;
            rest[i] = inside.data[i] && !found.stained.data[i];
        }
        return Stain.vectors(
                density,
                new Mask(inside.width, inside.height, labelled),
                new Mask(inside.width, inside.height, rest),
                stain);
    }

    /** The scale at which nuclei are found on a photograph. */
    private double detectionUmPerPx(Optics optics) {
        double area = optics.pixels.height * optics.scale.umPerPxY * (optics.pixels.width * optics.scale.umPerPxX);
        return Math.max(resampling.detectionUmPerPx, Math.sqrt(area / resampling.detectionPixels));
    }

    /** Whether a view of a piece, found at {@code umPerPx}, shows at least half of it. */
    private boolean shows(Piece piece, double umPerPx) {
        double half = resampling.viewPx * resampling.viewUmPerPx / umPerPx / 2;
        int x0 = Math.max(0, (int) (piece.mask.width / 2.0 - half));
        int y0 = Math.max(0, (int) (piece.mask.height / 2.0 - half));
        int x1 = Math.min(piece.mask.width, (int) (piece.mask.width / 2.0 + half));
        int y1 = Math.min(piece.mask.height, (int) (piece.mask.height / 2.0 + half));
        int count = 0;
        for (int y = y0; y < y1; y++) {
            for (int x = x0; x < x1; x++) {
                count += piece.mask.data[y * piece.mask.width + x] ? 1 : 0;
            }
        }
        return 2 * count >= piece.area;
    }

    /** Outlines the cells of those nuclei that have no view yet; {@code toX} and {@code toY} are px per detection px. */
    private void look(Optics optics, Nuclei found, double toX, double toY, Map<Piece, View> views, Steps steps) {
        for (int number = 1; number <= found.pieces.size(); number++) {
            Piece piece = found.pieces.get(number - 1);
            if (!views.containsKey(piece)) {
                steps.reached(Progress.Stage.OUTLINES, views.size(), found.pieces.size());
                views.put(piece, view(optics, found, number, toX, toY));
            }
        }
    }

    /** Cuts out one nucleus and what surrounds it, and outlines its cell. */
    private View view(Optics optics, Nuclei found, int number, double toX, double toY) {
        int size = resampling.viewPx;
        double umPerPx = resampling.viewUmPerPx;
        double[] step = {umPerPx / optics.scale.umPerPxX, umPerPx / optics.scale.umPerPxY};
        Piece piece = found.pieces.get(number - 1);
        double[] origin = {
            (piece.x0 + piece.x1) * toX / 2 - size / 2.0 * step[0],
            (piece.y0 + piece.y1) * toY / 2 - size / 2.0 * step[1]
        };
        Mask shown = Window.nearest(
                optics.light.mask,
                origin[0] / optics.factor,
                origin[1] / optics.factor,
                step[0] / optics.factor,
                step[1] / optics.factor,
                size,
                size);
        Rgb pixels = balanced(optics, origin, step, shown);
        int[] labels = Window.nearest(
                found.labels,
                found.stained.width,
                origin[0] / toX,
                origin[1] / toY,
                step[0] / toX,
                step[1] / toY,
                size,
                size);
        boolean[] own = new boolean[labels.length];
        boolean[] others = new boolean[labels.length];
        for (int i = 0; i < labels.length; i++) {
            own[i] = labels[i] == number;
            others[i] = labels[i] > 0 && !own[i];
        }
        short[] density = Stain.opticalDensity(pixels, stain);
        short[] chromatin = Stain.chromatinDensity(density, stain.blueLimit);
        Mask rivals = new Mask(size, size, others);
        NuclearEdge edge =
                new NuclearEdge(density, chromatin, new Mask(size, size, own), rivals, umPerPx, nuclearEdge);
        Outline outlined = Outline.of(density, edge, rivals, found.surroundings, umPerPx, outline);
        return centred(optics, pixels, shown, origin, step, outlined);
    }

    /** A balanced view from its left top corner, white outside the field. */
    private Rgb balanced(Optics optics, double[] origin, double[] step, Mask shown) {
        int size = resampling.viewPx;
        Rgb sampled = Resample.sample(optics.pixels, origin[0], origin[1], step[0], step[1], size, size, 0);
        double x = (origin[0] + size / 2.0 * step[0]) / optics.pixels.width;
        double y = (origin[1] + size / 2.0 * step[1]) / optics.pixels.height;
        Rgb pixels = optics.light.balanceView(
                sampled, Math.min(Math.max(x, 0.0), 1.0), Math.min(Math.max(y, 0.0), 1.0));
        pixels = Paleness.toned(pixels, optics.tones);
        for (int i = 0; i < shown.data.length; i++) {
            if (!shown.data[i]) {
                for (int channel = 0; channel < 3; channel++) {
                    pixels.data[3 * i + channel] = (byte) resampling.white;
                }
            }
        }
        return pixels;
    }

    /** A cell as it was outlined, its box in the middle. */
    private View centred(
            Optics optics, Rgb pixels, Mask shown, double[] origin, double[] step, Outline outlined) {
        int size = resampling.viewPx;
        int[] limit = {optics.pixels.width, optics.pixels.height};
        boolean[] nucleus = new boolean[shown.data.length];
        boolean[] cell = new boolean[shown.data.length];
        boolean cut = false;
        for (int i = 0; i < cell.length; i++) {
            nucleus[i] = outlined.nucleus.data[i] && shown.data[i];
            cell[i] = outlined.cell.data[i] && shown.data[i];
            cut |= outlined.cell.data[i] && !shown.data[i];
        }
        double[][] points = new double[outlined.polygon.length / 2][];
        for (int i = 0; i < points.length; i++) {
            points[i] = new double[] {outlined.polygon[2 * i], outlined.polygon[2 * i + 1]};
        }
        double[][] polygon = onPhotograph(points, origin, step, limit);
        int[] box = boxAround(polygon, optics.pixels);
        // The cell, not its nucleus, belongs in the middle of what the network sees.
        int shiftX = shift(box[0], box[2], origin[0], step[0], size);
        int shiftY = shift(box[1], box[3], origin[1], step[1], size);
        boolean atEdge = box[0] == 0 || box[1] == 0 || box[2] == limit[0] || box[3] == limit[1];
        Mask nucleusMask = new Mask(size, size, nucleus);
        List<double[][]> nucleusPolygons = new ArrayList<>();
        for (double[][] part : contours(nucleusMask)) {
            nucleusPolygons.add(onPhotograph(part, origin, step, limit));
        }
        return new View(
                Window.shifted(pixels, shiftX, shiftY, resampling.white),
                Window.shifted(nucleusMask, shiftX, shiftY),
                Window.shifted(new Mask(size, size, cell), shiftX, shiftY),
                box,
                polygon,
                Collections.unmodifiableList(nucleusPolygons),
                atEdge || cut);
    }

    private static int shift(int start, int end, double origin, double step, int size) {
        return (int) Math.floor(((start + end) / 2.0 - origin) / step - size / 2.0 + 0.5);
    }

    /** Points of a view in px of the photograph, in hundredths. */
    private static double[][] onPhotograph(double[][] points, double[] origin, double[] step, int[] limit) {
        double[][] placed = new double[points.length][2];
        for (int i = 0; i < points.length; i++) {
            for (int axis = 0; axis < 2; axis++) {
                double place = origin[axis] + points[i][axis] * step[axis];
                double clipped = Math.min(Math.max(place, 0.0), limit[axis]);
                placed[i][axis] = Math.floor(clipped * 100.0 + 0.5) / 100.0;
            }
        }
        return placed;
    }

    private static double[] unscaled(double[][] polygon, double toX, double toY) {
        double[] points = new double[2 * polygon.length];
        for (int i = 0; i < polygon.length; i++) {
            points[2 * i] = polygon[i][0] / toX;
            points[2 * i + 1] = polygon[i][1] / toY;
        }
        return points;
    }

    /** Smallest whole-px box around a polygon, at least one px wide and high. */
    private static int[] boxAround(double[][] polygon, Rgb photograph) {
        double x0 = polygon[0][0];
        double y0 = polygon[0][1];
        double x1 = x0;
        double y1 = y0;
        for (double[] point : polygon) {
            x0 = Math.min(x0, point[0]);
            y0 = Math.min(y0, point[1]);
            x1 = Math.max(x1, point[0]);
            y1 = Math.max(y1, point[1]);
        }
        int left = Math.min((int) Math.floor(x0), photograph.width - 1);
        int top = Math.min((int) Math.floor(y0), photograph.height - 1);
        return new int[] {
            left, top, Math.max((int) Math.ceil(x1), left + 1), Math.max((int) Math.ceil(y1), top + 1)
        };
    }

    /** A box of the detection image in px of the photograph. */
    private static int[] scaled(int[] box, double toX, double toY, Rgb photograph) {
        double[][] corners = new double[2][];
        for (int i = 0; i < 2; i++) {
            corners[i] = new double[] {
                Math.min(box[2 * i] * toX, photograph.width), Math.min(box[2 * i + 1] * toY, photograph.height)
            };
        }
        return boxAround(corners, photograph);
    }

    private static boolean isWithinAny(List<View> views, double x, double y) {
        for (View view : views) {
            if (isWithin(view.polygon, x, y)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a point lies inside a polygon (even-odd rule). */
    private static boolean isWithin(double[][] polygon, double x, double y) {
        boolean within = false;
        for (int i = 0; i < polygon.length; i++) {
            double[] start = polygon[i];
            double[] end = polygon[(i + 1) % polygon.length];
            if ((start[1] <= y) != (end[1] <= y)) {
                double crossing = start[0] + (y - start[1]) / (end[1] - start[1]) * (end[0] - start[0]);
                within ^= crossing > x;
            }
        }
        return within;
    }

    /** Outer outlines of a mask's parts along the edges of their px, largest first. */
    private static List<double[][]> contours(Mask mask) {
        int x0 = mask.width;
        int y0 = mask.height;
        int x1 = 0;
        int y1 = 0;
        for (int y = 0, i = 0; y < mask.height; y++) {
            for (int x = 0; x < mask.width; x++, i++) {
                if (mask.data[i]) {
                    x0 = Math.min(x0, x);
                    y0 = Math.min(y0, y);
                    x1 = Math.max(x1, x + 1);
                    y1 = y + 1;
                }
            }
        }
        List<double[][]> parts = new ArrayList<>();
        if (x1 == 0) {
            return parts;
        }
        // Outlines run through the centres of border px: of finer px, they come closer to the edges.
        int width = (x1 - x0) * FINER;
        int height = (y1 - y0) * FINER;
        boolean[] fine = new boolean[width * height];
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                fine[i] = mask.data[(y0 + y / FINER) * mask.width + x0 + x / FINER];
            }
        }
        for (int[] traced : Contours.external(fine, width, height, true)) {
            double[][] points = new double[traced.length / 2][];
            for (int i = 0; i < points.length; i++) {
                points[i] = new double[] {
                    x0 + (traced[2 * i] + 0.5) / FINER, y0 + (traced[2 * i + 1] + 0.5) / FINER
                };
            }
            if (points.length >= 3) {
                parts.add(points);
            }
        }
        Collections.sort(parts, LARGEST_FIRST);
        return parts;
    }
}
