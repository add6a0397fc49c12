package org.lowcost.segmentation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.lowcost.raster.Mask;

/** Parts clusters of nuclei that touch; {@code part} of {@code lowcost.segmentation.lobes}. */
final class Waists {
    private Waists() {}

    /**
     * Parts a cluster of touching nuclei at its waists.
     *
     * <p>The set of pixels deeper than a growing depth falls apart at a waist; where two or more of its parts are deep
     * and large enough to be nuclei, each becomes one. The rest of the cluster goes to the part that reaches it first.
     *
     * @return the nuclei; the piece itself where it has no such waist
     */
    static List<Piece> part(Piece piece, double umPerPx, Lobes.Parameters parameters) {
        double pxUm2 = umPerPx * umPerPx;
        boolean one = Lobes.fitsOneNucleus(piece, umPerPx, parameters, parameters.joinedExtentUm);
        Lobes.Waist waist = one ? parameters.pair : parameters.crowd;
        List<Piece> whole = Collections.singletonList(piece);
        if (piece.area * pxUm2 < 2 * waist.areaUm2) {
            return whole;
        }
        int[] depth = Geometry.squaredDistance(piece.mask);
        List<Piece> cores = new ArrayList<>();
        Deque<Core> open = new ArrayDeque<>();
        open.push(new Core(new Piece(0, 0, piece.mask), parameters.stepUm));
        while (!open.isEmpty()) {
            Core core = open.pop();
            List<Core> halves = fallApart(core, depth, piece.mask.width, umPerPx, waist, parameters);
            if (halves.size() < 2) {
                cores.add(core.piece);
            }
            for (int i = 0; i < halves.size() && halves.size() > 1; i++) {
                open.push(halves.get(i));
            }
        }
        if (cores.size() < 2) {
            return whole;
        }
        int[] labels = grow(cores, piece.mask);
        List<Piece> parts = new ArrayList<>();
        for (int number = 1; number <= cores.size(); number++) {
            boolean[] own = new boolean[labels.length];
            for (int i = 0; i < own.length; i++) {
                own[i] = labels[i] == number;
            }
            Piece found = Geometry.trimmed(piece, new Mask(piece.mask.width, piece.mask.height, own));
            if (found.area * pxUm2 < waist.areaUm2) {
                return whole;
            }
            parts.add(found);
        }
        return parts;
    }

    /** A piece within another, and the depth, um, at which it is looked at next. */
    private static final class Core {
        final Piece piece;
        final double level;

        Core(Piece piece, double level) {
            this.piece = piece;
            this.level = level;
        }
    }

    /**
     * The parts that could be nuclei at the first depth at which a core falls into two or more of them; less than two
     * where it does not.
     *
     * @param depth squared distances, px2, from the edge of the piece that the core is of
     * @param width of that piece, px
     */
    private static List<Core> fallApart(
            Core core, int[] depth, int width, double umPerPx, Lobes.Waist waist, Lobes.Parameters parameters) {
        double pxUm2 = umPerPx * umPerPx;
        // The smaller part is a nucleus: the waist is no wider than that allows.
        double deepestUm = parameters.reunitedExtentUm / 2 * waist.percent / 100;
        Piece body = core.piece;
        double level = core.level;
        while (level <= deepestUm) {
            boolean[] deep = body.mask.data.clone();
            for (int y = 0, i = 0; y < body.mask.height; y++) {
                for (int x = 0, from = (body.y0 + y) * width + body.x0; x < body.mask.width; x++, from++, i++) {
                    deep[i] &= depth[from] * pxUm2 > level * level;
                }
            }
            List<Core> parts = new ArrayList<>();
            for (Piece one : Geometry.labelParts(new Mask(body.mask.width, body.mask.height, deep), 1)) {
                Piece part = one.moved(body.x0, body.y0);
                double radiusUm2 = deepest(part, depth, width) * pxUm2;
                boolean wide = radiusUm2 >= waist.radiusUm * waist.radiusUm;
                boolean waisted = radiusUm2 * (waist.percent * waist.percent) >= 10000 * level * level;
                if (wide && waisted) {
                    parts.add(new Core(part, level));
                }
            }
            if (parts.size() != 1) {
                return parts;
            }
            // What is not wide or waisted here will not be so deeper inside.
            body = parts.get(0).piece;
            level += parameters.stepUm;
        }
        return Collections.emptyList();
    }

    private static int deepest(Piece part, int[] depth, int width) {
        int deepest = 0;
        for (int y = 0, i = 0; y < part.mask.height; y++) {
            for (int x = 0, from = (part.y0 + y) * width + part.x0; x < part.mask.width; x++, from++, i++) {
                deepest = part.mask.data[i] ? Math.max(deepest, depth[from]) : deepest;
            }
        }
        return deepest;
    }

    /**
     * Number, from 1, of the core that each px goes to.
     *
     * <p>The cores grow over the mask, a px at a time; where two meet, the later one in the list keeps the px.
     */
    private static int[] grow(List<Piece> cores, Mask mask) {
        int[] labels = new int[mask.data.length];
        int[] edge = new int[mask.data.length];
        int count = 0;
        for (int number = 1; number <= cores.size(); number++) {
            Piece core = cores.get(number - 1);
            for (int y = 0, i = 0; y < core.mask.height; y++) {
                for (int x = 0, to = (core.y0 + y) * mask.width + core.x0; x < core.mask.width; x++, to++, i++) {
                    if (core.mask.data[i]) {
                        labels[to] = number;
                        edge[count++] = to;
                    }
                }
            }
        }
        int[] grown = new int[labels.length];
        int[] next = new int[labels.length];
        while (count > 0) {
            int reached = 0;
            for (int i = 0; i < count; i++) {
                int row = edge[i] / mask.width;
                int column = edge[i] % mask.width;
                for (int y = Math.max(0, row - 1); y <= Math.min(mask.height - 1, row + 1); y++) {
                    for (int x = Math.max(0, column - 1); x <= Math.min(mask.width - 1, column + 1); x++) {
                        int at = y * mask.width + x;
                        if (mask.data[at] && labels[at] == 0) {
                            if (grown[at] == 0) {
                                next[reached++] = at;
                            }
                            grown[at] = Math.max(grown[at], labels[edge[i]]);
                        }
                    }
                }
            }
            for (int i = 0; i < reached; i++) {
                labels[next[i]] = grown[next[i]];
            }
            int[] done = edge;
            edge = next;
            next = done;
            count = reached;
        }
        return labels;
    }
}
