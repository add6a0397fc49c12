package org.lowcost.segmentation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.lowcost.Section;
import org.lowcost.raster.Mask;

/** Which pieces of chromatin make one nucleus; {@code lowcost.segmentation.lobes}. */
public final class Lobes {
    private Lobes() {}

    /** Tells which pixels of a piece's box have the colour of cytoplasm or chromatin. */
    interface Territory {
        /** Whether a pixel of the image has. */
        boolean holds(int x, int y);
    }

    /** Outlines the cell of one of some nuclei. */
    public interface Outliner {
        /**
         * Outlines a cell.
         *
         * @param pieces the nuclei
         * @param one the one of them
         * @return x and y of each point in turn, px of the image that the pieces are of
         */
        double[] outline(List<Piece> pieces, Piece one);
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

    /** What {@link Lobes} and {@link Waists} take from the bundle: its section {@code lobes}; lengths in um. */
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

        /** Two pieces larger than this are not taken for lobes before their cells are outlined. */
        final double lobeAreaUm2;

        /** Share, percent, of the gaps between larger lobes that must be cytoplasm. */
        final int filledPercent;

        /** The waist between two nuclei that touch. */
        final Waist pair;

        /** The waist within a piece that is too large to be one nucleus. */
        final Waist crowd;

        /** Step in which the waist is searched. */
        final double stepUm;

        /** Largest extent of a nucleus that is put together again because its cell is one. */
        final double reunitedExtentUm;

        /** Largest extent of the cell of such a nucleus. */
        final double cellExtentUm;

        /** Such a cell fills at least this share, percent, of the disc of its extent. */
        final int roundPercent;

        /** Largest share, percent, of such a cell that is nucleus: two cells' nuclei leave less between them. */
        final int nucleusPercent;

        /** Where the outlines of two nuclei share more than this, percent of the smaller, they are one cell's. */
        final int overlapPercent;

        /** Unless the cell of both together fills less than this share, percent, of the disc of its extent. */
        final int overlapRoundPercent;

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
            lobeAreaUm2 = section.number("lobe_area_um2");
            filledPercent = section.integer("filled_percent");
            pair = new Waist(section.section("pair"));
            crowd = new Waist(section.section("crowd"));
            stepUm = section.number("step_um");
            reunitedExtentUm = section.number("reunited_extent_um");
            cellExtentUm = section.number("cell_extent_um");
            roundPercent = section.integer("round_percent");
            nucleusPercent = section.integer("nucleus_percent");
            overlapPercent = section.integer("overlap_percent");
            overlapRoundPercent = section.integer("overlap_round_percent");
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
     * Joins the nuclei whose cells, outlined as one, are one.
     *
     * <p>An outline around the lobes of one cell is round; around two cells that touch it is long, or waisted, or filled
     * with their nuclei.
     *
     * @param pieces the nuclei
     * @param outlines outline of each one's cell, x and y of each point in turn, px of the image that the pieces are of
     * @param outliner outlines the cell of some nuclei taken for one
     * @param umPerPx edge of a px, um
     * @param parameters what joins
     * @return the nuclei, some of them joined; those that stayed as they were are the same objects
     */
    public static List<Piece> reunite(
            List<Piece> pieces, List<double[]> outlines, Outliner outliner, double umPerPx, Parameters parameters) {
        int count = pieces.size();
        int[][] boxes = new int[count][];
        for (int i = 0; i < count; i++) {
            boxes[i] = Geometry.box(outlines.get(i));
        }
        double squaredGap = parameters.lobeGapUm * parameters.lobeGapUm / (umPerPx * umPerPx);
        List<int[]> pairs = new ArrayList<>();
        List<Boolean> overlaps = new ArrayList<>();
        for (int first = 0; first < count; first++) {
            for (int second = first + 1; second < count; second++) {
                if (areApart(boxes[first], boxes[second])) {
                    continue;
                }
                boolean overlap =
                        overlap(outlines.get(first), outlines.get(second), boxes[first], boxes[second], parameters);
                if (overlap || squaredGap(pieces.get(first), pieces.get(second)) <= squaredGap) {
                    pairs.add(new int[] {first, second});
                    overlaps.add(overlap);
                }
            }
        }
        // All neighbours first: two lobes of three may be long.
        List<int[]> clusters = clusters(count, pairs);
        for (int i = clusters.size(); i > 0; i--) {
            overlaps.add(0, false);
        }
        clusters.addAll(pairs);
        Homes homes = new Homes(pieces);
        for (int i = 0; i < clusters.size(); i++) {
            int[] together = homes.of(clusters.get(i));
            Piece joined = homes.whole[together[0]];
            for (int other : together) {
                joined = Geometry.union(joined, homes.whole[other]);
            }
            if (together.length < 2 || !fitsOneNucleus(joined, umPerPx, parameters, parameters.reunitedExtentUm)) {
                continue;
            }
            double[] outline = outliner.outline(homes.leftWith(joined, together), joined);
            if (isOneCell(joined, outline, overlaps.get(i), umPerPx, parameters)) {
                for (int other = 1; other < together.length; other++) {
                    homes.join(together[0], together[other], joined);
                }
            }
        }
        return homes.left();
    }

    /** The numbers, below {@code count}, that pairs connect, three or more at a time. */
    private static List<int[]> clusters(int count, List<int[]> pairs) {
        int[] home = new int[count];
        int[] size = new int[count];
        for (int i = 0; i < count; i++) {
            home[i] = i;
            size[i] = 1;
        }
        for (int[] pair : pairs) {
            int one = home[pair[0]];
            int other = home[pair[1]];
            for (int i = 0; i < count && one != other; i++) {
                home[i] = home[i] == other ? one : home[i];
            }
            size[one] += one == other ? 0 : size[other];
        }
        List<int[]> clusters = new ArrayList<>();
        for (int one = 0; one < count; one++) {
            if (home[one] != one || size[one] < 3) {
                continue;
            }
            int[] cluster = new int[size[one]];
            for (int i = 0, k = 0; i < count; i++) {
                if (home[i] == one) {
                    cluster[k++] = i;
                }
            }
            clusters.add(cluster);
        }
        return clusters;
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

    /** Whether two outlines share much. */
    private static boolean overlap(double[] one, double[] other, int[] oneBox, int[] otherBox, Parameters parameters) {
        int x0 = Math.min(oneBox[0], otherBox[0]);
        int y0 = Math.min(oneBox[1], otherBox[1]);
        int width = Math.max(oneBox[2], otherBox[2]) - x0;
        int height = Math.max(oneBox[3], otherBox[3]) - y0;
        Mask first = Geometry.fillPolygon(moved(one, x0, y0), width, height);
        Mask second = Geometry.fillPolygon(moved(other, x0, y0), width, height);
        long shared = 0;
        for (int i = 0; i < first.data.length; i++) {
            shared += first.data[i] && second.data[i] ? 100 : 0;
        }
        return shared > (long) Math.min(first.count(), second.count()) * parameters.overlapPercent;
    }

    /** Whether an outline around two nuclei taken for one is as round as a cell's. */
    private static boolean isOneCell(
            Piece nucleus, double[] outline, boolean overlap, double umPerPx, Parameters parameters) {
        double longest = longest(outline);
        if (longest * umPerPx > parameters.cellExtentUm) {
            return false;
        }
        int[] box = Geometry.box(outline);
        Mask cell = Geometry.fillPolygon(moved(outline, box[0], box[1]), box[2] - box[0], box[3] - box[1]);
        long area = 400L * cell.count();
        double disc = Math.PI * longest * longest;
        if (overlap && area >= disc * parameters.overlapRoundPercent) {
            return true;
        }
        return area >= disc * parameters.roundPercent && 40000L * nucleus.area <= area * parameters.nucleusPercent;
    }

    /** Largest extent of a polygon along x, y and the two diagonals. */
    private static double longest(double[] polygon) {
        double[] lowest = new double[4];
        double[] highest = new double[4];
        Arrays.fill(lowest, Double.POSITIVE_INFINITY);
        Arrays.fill(highest, Double.NEGATIVE_INFINITY);
        for (int i = 0; i < polygon.length; i += 2) {
            double x = polygon[i];
            double y = polygon[i + 1];
            double[] along = {x, y, x + y, x - y};
            for (int axis = 0; axis < 4; axis++) {
                lowest[axis] = Math.min(lowest[axis], along[axis]);
                highest[axis] = Math.max(highest[axis], along[axis]);
            }
        }
        double straight = Math.max(highest[0] - lowest[0], highest[1] - lowest[1]);
        double slanted = Math.max(highest[2] - lowest[2], highest[3] - lowest[3]);
        return Math.max(straight, slanted / Math.sqrt(2.0));
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
        if (Math.min(one.area * pxUm2, other.area * pxUm2) > parameters.lobeAreaUm2) {
            return false;
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
    static boolean fitsOneNucleus(Piece piece, double umPerPx, Parameters parameters, double extentUm) {
        double[] extents = extents(piece.mask);
        boolean slender = extents[0] * 100 < extents[1] * parameters.slenderPercent;
        double limit = slender ? parameters.slenderExtentUm : extentUm;
        return piece.area * umPerPx * umPerPx <= parameters.joinedAreaUm2 && extents[1] * umPerPx <= limit;
    }
}
