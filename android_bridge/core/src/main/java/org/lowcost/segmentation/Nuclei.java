package org.lowcost.segmentation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.lowcost.Section;
import org.lowcost.raster.Border;
import org.lowcost.raster.Filters;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Morphology;

/**
 * Nuclei on the detection image: chromatin stands out, lobes of one nucleus are joined, touching nuclei are parted.
 */
public final class Nuclei {
    /** The nuclei in reading order. */
    public final List<Piece> pieces;

    /** For each px 0 where there is none, else the number of the nucleus, from 1 in that order. */
    public final int[] labels;

    /** Boxes x0, y0, x1, y1 of chromatin-coloured objects too small to be a nucleus, px of the detection image. */
    public final List<int[]> platelets;

    /** Everything that may belong to a nucleus or a platelet. */
    public final Mask stained;

    /** The colours far from it. */
    public final Surroundings surroundings;

    private Nuclei(List<Piece> pieces, List<int[]> platelets, Mask stained, Surroundings surroundings) {
        List<Piece> ordered = new ArrayList<>(pieces);
        Collections.sort(ordered, Piece.READING_ORDER);
        this.pieces = Collections.unmodifiableList(ordered);
        this.platelets = platelets;
        this.stained = stained;
        this.surroundings = surroundings;
        labels = new int[stained.data.length];
        for (int number = 1; number <= ordered.size(); number++) {
            Piece piece = ordered.get(number - 1);
            for (int y = 0, i = 0; y < piece.mask.height; y++) {
                int to = (piece.y0 + y) * stained.width + piece.x0;
                for (int x = 0; x < piece.mask.width; x++, i++, to++) {
                    labels[to] = piece.mask.data[i] ? number : labels[to];
                }
            }
        }
    }

    /** What {@link Nuclei} takes from the bundle: its section {@code nuclei}. */
    public static final class Parameters {
        /** Green density from which a pixel holds something, thousandths of OD. */
        final int foregroundDensity;

        /** Smallest blue density, percent of the green one, of a pixel whose stain is haemoglobin. */
        final int haemoglobinBluePercent;

        /** Smallest share of the foreground, percent, that haemoglobin must hold to serve as a reference. */
        final int haemoglobinSharePercent;

        /** Quantile of the red cells' chromatin density that a nucleus must exceed. */
        final int haemoglobinQuantilePercent;

        /** By how much, percent of that quantile. */
        final int haemoglobinMarginPercent;

        /** Chromatin densities above this count as this when the threshold is sought, thousandths of OD. */
        final int densityLimit;

        /** Smallest ratio, percent, of the mean densities of chromatin and the rest when a picture holds nuclei. */
        final int classRatioPercent;

        /** Up to this ratio the two may be bodies and rims of red cells where most of the foreground is haemoglobin. */
        final int rimRatioPercent;

        /** Smallest ratio, percent, of the upper mean and the median of the haemoglobin there. */
        final int haemoglobinRatioPercent;

        /** Where between these two means the threshold lies, percent. */
        final int thresholdPercent;

        /** Share of what is stained above it, percent, from which it lies at the rarest density below. */
        final int crowdedPercent;

        /** Width over which that is counted, percent of the distance of the two means. */
        final int valleyPercent;

        /** Smallest threshold, thousandths of OD. */
        final int leastDensity;

        /** Threshold for pale nuclei that stand alone, percent of the threshold. */
        final int palePercent;

        /** Smallest area of such a nucleus, um2. */
        final double paleAreaUm2;

        /** Smallest inscribed radius of such a nucleus, um. */
        final double paleRadiusUm;

        /** Radius of the opening that removes filaments and specks, um. */
        final double openingUm;

        /** Smallest piece that counts as a lobe or a platelet, um2. */
        final double partAreaUm2;

        /** Smallest area of a nucleus, um2; smaller objects are platelets. */
        final double nucleusAreaUm2;

        /** Smallest inscribed radius of a nucleus, um. */
        final double nucleusRadiusUm;

        /** Smallest area of a nucleus that the edge of the picture cuts, um2. */
        final double cutNucleusAreaUm2;

        /** Reads the parameters. */
        public Parameters(Section section) {
            foregroundDensity = section.integer("foreground_density");
            haemoglobinBluePercent = section.integer("haemoglobin_blue_percent");
            haemoglobinSharePercent = section.integer("haemoglobin_share_percent");
            haemoglobinQuantilePercent = section.integer("haemoglobin_quantile_percent");
            haemoglobinMarginPercent = section.integer("haemoglobin_margin_percent");
            densityLimit = section.integer("density_limit");
            classRatioPercent = section.integer("class_ratio_percent");
            rimRatioPercent = section.integer("rim_ratio_percent");
            haemoglobinRatioPercent = section.integer("haemoglobin_ratio_percent");
            thresholdPercent = section.integer("threshold_percent");
            crowdedPercent = section.integer("crowded_percent");
            valleyPercent = section.integer("valley_percent");
            leastDensity = section.integer("least_density");
            palePercent = section.integer("pale_percent");
            paleAreaUm2 = section.number("pale_area_um2");
            paleRadiusUm = section.number("pale_radius_um");
            openingUm = section.number("opening_um");
            partAreaUm2 = section.number("part_area_um2");
            nucleusAreaUm2 = section.number("nucleus_area_um2");
            nucleusRadiusUm = section.number("nucleus_radius_um");
            cutNucleusAreaUm2 = section.number("cut_nucleus_area_um2");
            section.finish();
        }
    }

    /** The same field with other nuclei. */
    public Nuclei withPieces(List<Piece> other) {
        return new Nuclei(other, platelets, stained, surroundings);
    }

    /**
     * Finds the nuclei of a field.
     *
     * @param density optical density of the detection image, thousandths: red, green, blue of each px, row by row
     * @param chromatin its chromatin density
     * @param inside where the picture shows the smear (the round field of an eyepiece photograph)
     * @param umPerPx edge of a px, um
     * @param parameters what a nucleus is
     * @param lobeParameters what parts and joins
     * @param surroundingsParameters how the colours far from nuclei are counted
     * @return the nuclei and the platelets
     */
    public static Nuclei find(
            short[] density,
            short[] chromatin,
            Mask inside,
            double umPerPx,
            Parameters parameters,
            Lobes.Parameters lobeParameters,
            Surroundings.Parameters surroundingsParameters) {
        int[] thresholds = chromatinThreshold(density, chromatin, inside, parameters);
        int paleThreshold = Math.max(thresholds[1], thresholds[0] * parameters.palePercent / 100);
        int[] smooth = Filters.boxSum(chromatin, inside.width, inside.height, 3, Border.REFLECT_101);
        double opening = parameters.openingUm / umPerPx;
        Mask strong = opened(smooth, 9 * thresholds[0], inside, opening);
        Mask pale = opened(smooth, 9 * paleThreshold, inside, opening);
        double pxUm2 = umPerPx * umPerPx;
        double radiusUm2 = parameters.nucleusRadiusUm * parameters.nucleusRadiusUm;
        double paleRadiusUm2 = parameters.paleRadiusUm * parameters.paleRadiusUm;
        List<Piece> pieces = Geometry.labelParts(strong, parameters.partAreaUm2 / pxUm2);
        for (Piece piece : Geometry.labelParts(pale, parameters.paleAreaUm2 / pxUm2)) {
            if (isAlone(piece, strong) && Geometry.squaredRadius(piece.mask) * pxUm2 >= paleRadiusUm2) {
                pieces.add(piece);
            }
        }
        Surroundings around = Surroundings.measure(density, pale, inside, umPerPx, surroundingsParameters);
        Lobes.Territory territory = (x, y) -> {
            int i = y * inside.width + x;
            int score = around.score(density[3 * i], density[3 * i + 1], density[3 * i + 2]);
            return score >= lobeParameters.cytoplasmScore || pale.data[i];
        };
        List<Piece> parts = new ArrayList<>();
        for (Piece piece : pieces) {
            parts.addAll(Waists.part(piece, umPerPx, lobeParameters));
        }
        List<Piece> found = new ArrayList<>();
        List<int[]> platelets = new ArrayList<>();
        for (Piece nucleus : Lobes.group(parts, territory, umPerPx, lobeParameters)) {
            boolean isCut = reachesEdge(nucleus, inside);
            double leastUm2 = isCut ? parameters.cutNucleusAreaUm2 : parameters.nucleusAreaUm2;
            boolean large = nucleus.area * pxUm2 >= leastUm2;
            if (large && Geometry.squaredRadius(nucleus.mask) * pxUm2 >= radiusUm2) {
                found.add(nucleus);
            } else {
                platelets.add(new int[] {nucleus.x0, nucleus.y0, nucleus.x1, nucleus.y1});
            }
        }
        Collections.sort(
                platelets, (a, b) -> a[1] != b[1] ? Integer.compare(a[1], b[1]) : Integer.compare(a[0], b[0]));
        return new Nuclei(found, platelets, pale, around);
    }

    private static boolean reachesEdge(Piece piece, Mask picture) {
        return piece.x0 == 0 || piece.y0 == 0 || piece.x1 == picture.width || piece.y1 == picture.height;
    }

    private static boolean isAlone(Piece piece, Mask strong) {
        for (int y = 0, i = 0; y < piece.mask.height; y++) {
            int from = (piece.y0 + y) * strong.width + piece.x0;
            for (int x = 0; x < piece.mask.width; x++, i++, from++) {
                if (piece.mask.data[i] && strong.data[from]) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Chromatin density, thousandths of OD, above which a pixel of this picture belongs to a nucleus, and its lowest
     * value.
     *
     * <p>Cameras differ by a factor of 2.5 in how dark a nucleus is, so the threshold lies between the two classes that
     * Otsu's criterion finds in what is stained, and above what the red cells of the same picture reach; a picture whose
     * classes lie close together holds no nuclei. Where nuclei are much of what is stained, as in leukemia, the middle
     * between the classes lies among the densities of pale nuclei, and the threshold in the valley below. Where they are
     * rare Otsu's classes may be the rims of the red cells and their bodies: unless they lie very far apart, the upper one must stand out from the median of the haemoglobin,
     * too, where that is most of what is stained.
     */
    static int[] chromatinThreshold(short[] density, short[] chromatin, Mask inside, Parameters parameters) {
        int limit = parameters.densityLimit;
        int margin = 100 + parameters.haemoglobinMarginPercent;
        int[] counts = new int[limit + 1];
        int[] haemoglobin = new int[limit + 1];
        long stained = 0;
        long red = 0;
        for (int i = 0; i < chromatin.length; i++) {
            int green = density[3 * i + 1];
            if (inside.data[i] && green > parameters.foregroundDensity) {
                int value = Math.min(Math.max(chromatin[i], 0), limit);
                counts[value]++;
                stained++;
                if (100 * density[3 * i + 2] - parameters.haemoglobinBluePercent * green > 0) {
                    haemoglobin[value]++;
                    red++;
                }
            }
        }
        if (stained == 0) {
            return new int[] {limit, limit};
        }
        Otsu classes = Otsu.classes(counts);
        boolean bodies = 2 * red > stained
                && 100 * classes.high < parameters.rimRatioPercent * classes.low
                && 100 * classes.high < (double) parameters.haemoglobinRatioPercent * quantile(haemoglobin, red, 50);
        int threshold;
        if (!bodies && 100 * classes.high >= parameters.classRatioPercent * classes.low) {
            double apart = classes.high - classes.low;
            threshold = (int) (classes.low + apart * parameters.thresholdPercent / 100);
            long above = 0;
            for (int value = threshold + 1; value <= limit; value++) {
                above += counts[value];
            }
            if (100 * above >= parameters.crowdedPercent * stained) {
                threshold = rarest(
                        counts, (int) classes.low, threshold, (int) (apart * parameters.valleyPercent / 200));
            }
        } else {
            threshold = quantile(counts, stained, 95) * margin / 100;
        }
        int[] redCells = Arrays.copyOf(haemoglobin, Math.min(threshold, limit) + 1);
        long reference = 0;
        for (int count : redCells) {
            reference += count;
        }
        if (reference * 100 < stained * parameters.haemoglobinSharePercent) {
            int least = Math.max(threshold, parameters.leastDensity);
            return new int[] {least, least};
        }
        int reach = quantile(redCells, reference, parameters.haemoglobinQuantilePercent);
        int least = Math.max(reach * margin / 100, parameters.leastDensity);
        return new int[] {Math.max(threshold, least), least};
    }

    /**
     * The value of {@code first} to {@code last} that is rarest together with those up to {@code reach} beside it, the
     * lowest of equals.
     */
    private static int rarest(int[] counts, int first, int last, int reach) {
        int rarest = first;
        long least = Long.MAX_VALUE;
        for (int value = first; value <= last; value++) {
            long around = 0;
            for (int near = Math.max(value - reach, 0); near <= Math.min(value + reach, counts.length - 1); near++) {
                around += counts[near];
            }
            if (around < least) {
                rarest = value;
                least = around;
            }
        }
        return rarest;
    }

    /** Smallest value below or at which at least {@code percent} of a histogram lies. */
    private static int quantile(int[] counts, long number, int percent) {
        long running = 0;
        int value = 0;
        while (value < counts.length && (running += counts[value]) * 100 < number * percent) {
            value++;
        }
        return value;
    }

    /** The pixels inside whose sum exceeds a limit, opened by a disc. */
    private static Mask opened(int[] sums, int limit, Mask inside, double radius) {
        boolean[] above = new boolean[sums.length];
        for (int i = 0; i < above.length; i++) {
            above[i] = inside.data[i] && sums[i] > limit;
        }
        boolean[] opened = Morphology.open(above, inside.width, inside.height, Geometry.disc(radius));
        return new Mask(inside.width, inside.height, opened);
    }
}
