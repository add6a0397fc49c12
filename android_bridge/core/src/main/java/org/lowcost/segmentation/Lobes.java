package org.lowcost.segmentation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.lowcost.Section;
import org.lowcost.raster.Mask;

/** Which pieces of chromatin make one nucleus: clusters are parted at waists, lobes of one cell are joined. */
public final class Lobes {
    private Lobes() {}

    /** Tells which pixels of a piece's box have the colour of cytoplasm or chromatin. */
    interface Territory {
        /** Whether a pixel of the image has. */
        boolean holds(int x, int y);
    }

    /** Where a piece of chromatin is parted. */
    static final class Waist {
        /** Smallest inscribed radius of each part. */
        final double radiusUm;

        /** Smallest area of each part. */
        final double areaUm2;

        /** Largest width of the waist between two parts, percent of the smaller inscribed diameter. */
        final int percent;

        Waist(Section section) {
            radiusUm = section.number("radius_um");
            areaUm2 = section.number("area_um2");
            percent = section.integer("percent");
            section.finish();
        }
    }

    /** What {@link Lobes} takes from the bundle: its section {@code lobes}; lengths in um. */
    public static final class Parameters {
        /** Largest gap between two lobes of one nucleus. */
        final double gapUm;

        /** Pieces below this area (platelets, fragments) join only across a smaller gap. */
        final double speckAreaUm2;

        /** That gap. */
        final double speckGapUm;

        /** A piece whose inscribed circle is no larger than this is taken for a lobe of what lies within a gap. */
        final double lobeRadiusUm;

        /** That gap. */
        final double lobeGapUm;

        /** Largest area of a nucleus made of lobes. */
        final double joinedAreaUm2;

        /** Largest extent of a nucleus made of lobes. */
        final double joinedExtentUm;

        /** Largest extent of such a nucleus when it is slender; beyond, a slender group is a chain of cells. */
        final double slenderExtentUm;

        /** A group is slender when its smallest extent is below this share, percent, of its largest. */
        final int slenderPercent;

        /** Least evidence of the surroundings, sixteenths of a natural log-odds, for cytoplasm between lobes. */
        final int cytoplasmScore;

        /** Share, percent, of the gaps between larger lobes that must be cytoplasm. */
        final int filledPercent;

        /** The waist between two nuclei that touch. */
        final Waist pair;

        /** The waist within a piece that is too large to be one nucleus. */
        final Waist crowd;

        /** Step in which the waist is searched. */
        final double stepUm;

        /** Two outlines that share more than this, percent of the smaller, are one cell's, whose nucleus was parted. */
        final int overlapPercent;

        /** The same for outlines that share less, where both together are convex. */
        final int convexOverlapPercent;

        /** How much of their convex hull these fill, percent. */
        final int convexPercent;

        /** Largest extent of a nucleus that is put together again for that reason. */
        final double reunitedExtentUm;

        /** Reads the parameters. */
        public Parameters(Section section) {
            gapUm = section.number("gap_um");
            speckAreaUm2 = section.number("speck_area_um2");
            speckGapUm = section.number("speck_gap_um");
            lobeRadiusUm = section.number("lobe_radius_um");
            lobeGapUm = section.number("lobe_gap_um");
            joinedAreaUm2 = section.number("joined_area_um2");
            joinedExtentUm = section.number("joined_extent_um");
            slenderExtentUm = section.number("slender_extent_um");
            slenderPercent = section.integer("slender_percent");
            cytoplasmScore = section.integer("cytoplasm_score");
            filledPercent = section.integer("filled_percent");
            pair = new Waist(section.section("pair"));
            crowd = new Waist(section.section("crowd"));
            stepUm = section.number("step_um");
            overlapPercent = section.integer("overlap_percent");
            convexOverlapPercent = section.integer("convex_overlap_percent");
            convexPercent = section.integer("convex_percent");
            reunitedExtentUm = section.number("reunited_extent_um");
            section.finish();
        }
    }

    /**
     * Joins the pieces that are lobes of one nucleus.
     *
     * <p>Neighbours are joined nearest first, as long as the whole stays within the size of one nucleus. A leukocyte is
     * convex, so what lies between the lobes of its nucleus is its own cytoplasm; between two cells that touch lies what
     * surrounds them.
     *
     * @param pieces pieces of chromatin
     * @param territory tells cytoplasm from surroundings
     * @param umPerPx edge of a px, um
     * @param parameters what joins
     * @return nuclei
     */
    static List<Piece> group(List<Piece> pieces, Territory territory, double umPerPx, Parameters parameters) {
        double gap = parameters.gapUm / umPerPx;
        int reach = (int) gap + 1;
        List<int[]> pairs = new ArrayList<>(); // squared distance, first and second piece
        for (int first = 0; first < pieces.size(); first++) {
            for (int second = first + 1; second < pieces.size(); second++) {
                if (!pieces.get(first).isApart(pieces.get(second), reach)) {
                    int distance = squaredGap(pieces.get(first), pieces.get(second));
                    if (distance <= gap * gap) {
                        pairs.add(new int[] {distance, first, second});
                    }
                }
            }
        }
        // In order of their numbers already: nearest first leaves those in order.
        Collections.sort(pairs, (a, b) -> Integer.compare(a[0], b[0]));
        Homes homes = new Homes(pieces);
        for (int[] pair : pairs) {
            int one = homes.home[pair[1]];
            int other = homes.home[pair[2]];
            if (one != other
                    && isOneNucleus(homes.whole[one], homes.whole[other], pair[0], territory, umPerPx, parameters)) {
                homes.join(one, other, Geometry.union(homes.whole[one], homes.whole[other]));
            }
        }
        return homes.left();
    }

    /**
     * Joins the nuclei whose cells, once outlined, turn out to be one.
     *
     * @param pieces the nuclei
     * @param outlines outline of each one's cell, x and y of each point in turn, px of the image that the pieces are of
     * @param umPerPx edge of a px, um
     * @param parameters what joins
     * @return the nuclei, some of them joined; those that stayed as they were are the same objects
     */
    public static List<Piece> reunite(
            List<Piece> pieces, List<double[]> outlines, double umPerPx, Parameters parameters) {
        int count = pieces.size();
        int[][] boxes = new int[count][];
        for (int i = 0; i < count; i++) {
            boxes[i] = Geometry.box(outlines.get(i));
        }
        Homes homes = new Homes(pieces);
        for (int first = 0; first < count; first++) {
            for (int second = first + 1; second < count; second++) {
                int one = homes.home[first];
                int other = homes.home[second];
                if (one == other || areApart(boxes[first], boxes[second])) {
                    continue;
                }
                Piece joined = Geometry.union(homes.whole[one], homes.whole[other]);
                if (fitsOneNucleus(joined, umPerPx, parameters, parameters.reunitedExtentUm)
                        && areOneCell(outlines.get(first), outlines.get(second), boxes[first], boxes[second], parameters)) {
                    homes.join(one, other, joined);
                }
            }
        }
        return homes.left();
    }

    /** Pieces that find together: which whole each is part of, and the wholes, null where they went to another. */
    private static final class Homes {
        final int[] home;
        final Piece[] whole;

        Homes(List<Piece> pieces) {
            whole = pieces.toArray(new Piece[0]);
            home = new int[whole.length];
            for (int i = 0; i < home.length; i++) {
                home[i] = i;
            }
        }

        void join(int one, int other, Piece joined) {
            whole[one] = joined;
            whole[other] = null;
            for (int i = 0; i < home.length; i++) {
                home[i] = home[i] == other ? one : home[i];
            }
        }

        List<Piece> left() {
            List<Piece> left = new ArrayList<>();
            for (Piece piece : whole) {
                if (piece != null) {
                    left.add(piece);
                }
            }
            return left;
        }
    }

    /**
     * Parts a cluster of touching nuclei at its waists.
     *
     * <p>The set of pixels deeper than a growing depth falls apart at a waist; where two or more of its parts are deep
     * and large enough to be nuclei, each becomes one. The rest of the cluster goes to the part that reaches it first.
     *
     * @return the nuclei; the piece itself where it has no such waist
     */
    static List<Piece> part(Piece piece, double umPerPx, Parameters parameters) {
        double pxUm2 = umPerPx * umPerPx;
        boolean one = fitsOneNucleus(piece, umPerPx, parameters, parameters.joinedExtentUm);
        Waist waist = one ? parameters.pair : parameters.crowd;
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

    /** Smallest and largest extent of a mask, px, along x, y and the two diagonals. */
    private static double[] extents(Mask mask) {
        int[] lowest = new int[4];
        int[] highest = new int[4];
        Arrays.fill(lowest, Integer.MAX_VALUE);
        Arrays.fill(highest, Integer.MIN_VALUE);
        for (int y = 0, i = 0; y < mask.height; y++) {
            for (int x = 0; x < mask.width; x++, i++) {
                if (mask.data[i]) {
                    extend(lowest, highest, 0, x);
                    extend(lowest, highest, 1, y);
                    extend(lowest, highest, 2, x + y);
                    extend(lowest, highest, 3, x - y);
                }
            }
        }
        double shortest = Double.POSITIVE_INFINITY;
        double longest = 0;
        for (int axis = 0; axis < 4; axis++) {
            double extent = highest[axis] - lowest[axis] + 1.0;
            extent = axis < 2 ? extent : extent / Math.sqrt(2.0);
            shortest = Math.min(shortest, extent);
            longest = Math.max(longest, extent);
        }
        return new double[] {shortest, longest};
    }

    private static void extend(int[] lowest, int[] highest, int axis, int value) {
        lowest[axis] = Math.min(lowest[axis], value);
        highest[axis] = Math.max(highest[axis], value);
    }

    private static boolean areApart(int[] one, int[] other) {
        return one[0] > other[2] || other[0] > one[2] || one[1] > other[3] || other[1] > one[3];
    }

    /** Whether two outlines share much, or something where together they are as convex as one cell. */
    private static boolean areOneCell(
            double[] one, double[] other, int[] oneBox, int[] otherBox, Parameters parameters) {
        int x0 = Math.min(oneBox[0], otherBox[0]);
        int y0 = Math.min(oneBox[1], otherBox[1]);
        int width = Math.max(oneBox[2], otherBox[2]) - x0;
        int height = Math.max(oneBox[3], otherBox[3]) - y0;
        Mask first = Geometry.fillPolygon(moved(one, x0, y0), width, height);
        Mask second = Geometry.fillPolygon(moved(other, x0, y0), width, height);
        boolean[] either = new boolean[first.data.length];
        long shared = 0;
        for (int i = 0; i < either.length; i++) {
            either[i] = first.data[i] || second.data[i];
            shared += first.data[i] && second.data[i] ? 100 : 0;
        }
        long smaller = Math.min(first.count(), second.count());
        if (shared <= smaller * parameters.convexOverlapPercent) {
            return false;
        }
        if (shared > smaller * parameters.overlapPercent) {
            return true;
        }
        Mask both = new Mask(width, height, either);
        long hull = Geometry.convexHull(both).count();
        return 100L * both.count() >= hull * parameters.convexPercent;
    }

    private static double[] moved(double[] polygon, int left, int up) {
        double[] moved = new double[polygon.length];
        for (int i = 0; i < moved.length; i += 2) {
            moved[i] = polygon[i] - left;
            moved[i + 1] = polygon[i + 1] - up;
        }
        return moved;
    }

    /** Squared distance, px2, between the nearest pixels of two pieces. */
    private static int squaredGap(Piece one, Piece other) {
        int x0 = Math.min(one.x0, other.x0);
        int y0 = Math.min(one.y0, other.y0);
        int width = Math.max(one.x1, other.x1) - x0;
        int height = Math.max(one.y1, other.y1) - y0;
        boolean[] first = new boolean[width * height];
        one.paint(first, width, x0, y0);
        int[] distance = Geometry.squaredDistanceTo(new Mask(width, height, first));
        int nearest = Integer.MAX_VALUE;
        for (int y = 0, i = 0; y < other.mask.height; y++) {
            int from = (other.y0 - y0 + y) * width + other.x0 - x0;
            for (int x = 0; x < other.mask.width; x++, from++, i++) {
                if (other.mask.data[i] && !first[from]) {
                    nearest = Math.min(nearest, distance[from]);
                }
            }
        }
        return nearest;
    }

    /** Whether two neighbouring pieces are lobes of one nucleus. */
    private static boolean isOneNucleus(
            Piece one, Piece other, int squaredGap, Territory territory, double umPerPx, Parameters parameters) {
        double pxUm2 = umPerPx * umPerPx;
        if (Math.min(one.area * pxUm2, other.area * pxUm2) < parameters.speckAreaUm2) {
            return squaredGap * pxUm2 <= parameters.speckGapUm * parameters.speckGapUm;
        }
        Piece both = Geometry.union(one, other);
        if (!fitsOneNucleus(both, umPerPx, parameters, parameters.joinedExtentUm)) {
            return false;
        }
        if (squaredGap * pxUm2 <= parameters.lobeGapUm * parameters.lobeGapUm) {
            int radius = Math.min(Geometry.squaredRadius(one.mask), Geometry.squaredRadius(other.mask));
            if (radius * pxUm2 <= parameters.lobeRadiusUm * parameters.lobeRadiusUm) {
                return true;
            }
        }
        Mask hull = Geometry.convexHull(both.mask);
        long gaps = 0;
        long filled = 0;
        for (int y = 0, i = 0; y < hull.height; y++) {
            for (int x = 0; x < hull.width; x++, i++) {
                if (hull.data[i] && !both.mask.data[i]) {
                    gaps++;
                    filled += territory.holds(both.x0 + x, both.y0 + y) ? 1 : 0;
                }
            }
        }
        return filled * 100 >= gaps * parameters.filledPercent;
    }

    /** Whether a piece is small enough to be one nucleus; a slender one must be smaller. */
    private static boolean fitsOneNucleus(Piece piece, double umPerPx, Parameters parameters, double extentUm) {
        double[] extents = extents(piece.mask);
        boolean slender = extents[0] * 100 < extents[1] * parameters.slenderPercent;
        double limit = slender ? parameters.slenderExtentUm : extentUm;
        return piece.area * umPerPx * umPerPx <= parameters.joinedAreaUm2 && extents[1] * umPerPx <= limit;
    }

    /**
     * The parts that could be nuclei at the first depth at which a core falls into two or more of them; less than two
     * where it does not.
     *
     * @param depth squared distances, px2, from the edge of the piece that the core is of
     * @param width of that piece, px
     */
    private static List<Core> fallApart(
            Core core, int[] depth, int width, double umPerPx, Waist waist, Parameters parameters) {
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
