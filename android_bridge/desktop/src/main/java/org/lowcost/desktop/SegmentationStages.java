package org.lowcost.desktop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.lowcost.Bundle;
import org.lowcost.Stain;
import org.lowcost.raster.Mask;
import org.lowcost.segmentation.Lobes;
import org.lowcost.segmentation.NuclearEdge;
import org.lowcost.segmentation.Nuclei;
import org.lowcost.segmentation.Outline;
import org.lowcost.segmentation.Piece;
import org.lowcost.segmentation.Surroundings;

/** The stages of {@code org.lowcost.segmentation}. */
final class SegmentationStages {
    private SegmentationStages() {}

    static void register(Map<String, Stage.Handler> stages) {
        stages.put("segmentation.nuclei", SegmentationStages::nuclei);
    }

    /**
     * Finds the nuclei where the detection image has a {@code density} (h, w, 3) and is {@code inside} (h, w).
     *
     * <p>With {@code outlines}, points of the outlines of their cells one after the other, and {@code lengths}, the numbers
     * of these points, it reunites them; {@code as_one} and {@code as_one_lengths} are the outlines of the cells of several
     * together that this asks for, in that order. With {@code views}, densities (k, n, n, 3), {@code own} and {@code others} (k, n,
     * n) it outlines the cells there.
     */
    private static void nuclei(Message request, Message answer) {
        int[] size = request.shape("inside");
        int[] plane = {size[0], size[1]};
        double umPerPx = request.number("um_per_px");
        Bundle bundle = CoreStages.bundle(request);
        Stain.Parameters stain = new Stain.Parameters(bundle.section("stain"));
        Lobes.Parameters lobes = new Lobes.Parameters(bundle.section("lobes"));
        short[] density = shorts(request.ints("density"), 0, 3 * size[0] * size[1]);
        Mask inside = new Mask(size[1], size[0], RasterStages.mask(request.bytes("inside")));
        long start = System.nanoTime();
        Nuclei found = Nuclei.find(
                density,
                Stain.chromatinDensity(density, stain.blueLimit),
                inside,
                umPerPx,
                new Nuclei.Parameters(bundle.section("nuclei")),
                lobes,
                new Surroundings.Parameters(bundle.section("surroundings")));
        if (request.has("outlines")) {
            List<double[]> outlines = outlines(request.doubles("outlines"), request.ints("lengths"));
            Iterator<double[]> asOne = outlines(request.doubles("as_one"), request.ints("as_one_lengths")).iterator();
            found = found.withPieces(
                    Lobes.reunite(found.pieces, outlines, (pieces, joined) -> asOne.next(), umPerPx, lobes));
            answer.put("left", asOne.hasNext() ? 1 : 0);
        }
        answer.put("seconds", (System.nanoTime() - start) / 1e9);
        answer.array("scores", scores(found.surroundings, density), plane);
        put(found, answer);
        if (request.has("views")) {
            outline(request, answer, bundle, found.surroundings);
        }
    }

    /** Answers the nuclei of a field. */
    static void put(Nuclei found, Message answer) {
        int[] plane = {found.stained.height, found.stained.width};
        answer.array("labels", found.labels, plane);
        answer.array("stained", RasterStages.pixels(found.stained.data), plane);
        List<int[]> boxes = new ArrayList<>();
        for (Piece piece : found.pieces) {
            boxes.add(new int[] {piece.x0, piece.y0, piece.x1, piece.y1});
        }
        answer.array("boxes", joined(boxes), boxes.size(), 4);
        answer.array("platelets", joined(found.platelets), found.platelets.size(), 4);
    }

    private static void outline(Message request, Message answer, Bundle bundle, Surroundings surroundings) {
        int[] shape = request.shape("own");
        int size = shape[1];
        Stain.Parameters stain = new Stain.Parameters(bundle.section("stain"));
        NuclearEdge.Parameters edge = new NuclearEdge.Parameters(bundle.section("nuclear_edge"));
        Outline.Parameters parameters = new Outline.Parameters(bundle.section("outline"));
        double umPerPx = request.number("view_um_per_px");
        byte[] nuclei = new byte[request.bytes("own").length];
        byte[] cells = new byte[nuclei.length];
        double[] polygons = new double[0];
        long start = System.nanoTime();
        for (int k = 0; k < shape[0]; k++) {
            short[] density = shorts(request.ints("views"), 3 * k * size * size, 3 * size * size);
            Mask own = new Mask(size, size, RasterStages.mask(part(request.bytes("own"), size * size, k)));
            Mask others = new Mask(size, size, RasterStages.mask(part(request.bytes("others"), size * size, k)));
            short[] chromatin = Stain.chromatinDensity(density, stain.blueLimit);
            NuclearEdge around = new NuclearEdge(density, chromatin, own, others, umPerPx, edge);
            Outline found = Outline.of(density, around, others, surroundings, umPerPx, parameters);
            System.arraycopy(RasterStages.pixels(found.nucleus.data), 0, nuclei, k * size * size, size * size);
            System.arraycopy(RasterStages.pixels(found.cell.data), 0, cells, k * size * size, size * size);
            polygons = Arrays.copyOf(polygons, polygons.length + found.polygon.length);
            System.arraycopy(
                    found.polygon, 0, polygons, polygons.length - found.polygon.length, found.polygon.length);
        }
        answer.put("outline_seconds", (System.nanoTime() - start) / 1e9);
        answer.array("nuclei", nuclei, shape);
        answer.array("cells", cells, shape);
        answer.array("polygons", polygons);
    }

    private static short[] shorts(int[] values, int from, int count) {
        short[] shorts = new short[count];
        for (int i = 0; i < count; i++) {
            shorts[i] = (short) values[from + i];
        }
        return shorts;
    }

    private static byte[] part(byte[] stack, int size, int number) {
        return Arrays.copyOfRange(stack, number * size, (number + 1) * size);
    }

    private static int[] scores(Surroundings surroundings, short[] density) {
        int[] scores = new int[density.length / 3];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = surroundings.score(density[3 * i], density[3 * i + 1], density[3 * i + 2]);
        }
        return scores;
    }

    private static int[] joined(List<int[]> boxes) {
        int[] joined = new int[4 * boxes.size()];
        for (int i = 0; i < boxes.size(); i++) {
            System.arraycopy(boxes.get(i), 0, joined, 4 * i, 4);
        }
        return joined;
    }

    private static List<double[]> outlines(double[] points, int[] lengths) {
        List<double[]> outlines = new ArrayList<>();
        int used = 0;
        for (int length : lengths) {
            double[] outline = new double[2 * length];
            System.arraycopy(points, used, outline, 0, outline.length);
            used += outline.length;
            outlines.add(outline);
        }
        return outlines;
    }
}
