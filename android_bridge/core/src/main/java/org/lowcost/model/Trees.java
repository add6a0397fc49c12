package org.lowcost.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.BundleException;

/**
 * Gradient-boosted trees as LightGBM writes them: their scores, and what each feature adds to a score; {@code
 * lowcost.trees}.
 *
 * <p>The splits of all trees are numbered through, and the leaves after the splits; a place is either. An object is never
 * changed: any thread may use it.
 */
public final class Trees {
    /** Trees with more splits one below the other are refused: the time that paths take grows with the square. */
    public static final int DEEPEST = 64;

    /** Values up to this size count as 0, as in LightGBM. */
    private static final double ZERO = 1e-35f;

    /** Bits of a split's {@code decision_type} that are understood: where missing values go, and which these are. */
    private static final int DEFAULT_LEFT = 2;

    private static final int ZERO_MISSING = 4;
    private static final int NAN_MISSING = 8;

    private static final Quadrature[] QUADRATURES = quadratures();

    /** The features that they read. */
    public final List<String> names;

    /** Number of scores; trees of each take turns. */
    public final int values;

    private final int[] roots;
    private final int[] feature;
    private final double[] threshold;
    private final boolean[] zeroRight;
    private final boolean[] nanRight;
    /** The places left and right below each split. */
    private final int[] left;

    private final int[] right;
    /** Training cells that came to each place. */
    private final double[] count;

    private final double[] leafValue;

    /**
     * Reads a model.
     *
     * @param text as LightGBM writes it, or without what prediction does not need
     * @param name what it is called in errors
     * @throws BundleException it is damaged, or has what no model of lowcost has: categories, linear leaves, averages
     *     instead of sums, or paths of more than {@link #DEEPEST} splits
     */
    public Trees(String text, String name) {
        try {
            Map<String, List<String>> entries = entries(text);
            List<String> numbers = of(entries, "Tree");
            names = names(entries);
            values = (int) integer(first(entries, "num_tree_per_iteration", "1"));
            check(entries, numbers);
            int[] leaves = new int[numbers.size()];
            int[] firstSplit = new int[leaves.length + 1];
            int[] firstLeaf = new int[leaves.length + 1];
            for (int tree = 0; tree < leaves.length; tree++) {
                long own = integer(of(entries, "num_leaves").get(tree));
                require(own >= 1 && own <= text.length(), "a tree without leaves");
                leaves[tree] = (int) own;
                firstSplit[tree + 1] = firstSplit[tree] + leaves[tree] - 1;
                firstLeaf[tree + 1] = firstLeaf[tree] + leaves[tree];
                require(firstLeaf[tree + 1] <= text.length(), "a tree with too many or too few numbers");
            }
            int splits = firstSplit[leaves.length];
            int ends = firstLeaf[leaves.length];
            threshold = column(of(entries, "threshold"), firstSplit);
            leafValue = column(of(entries, "leaf_value"), firstLeaf);
            long[] leafCount = integers(of(entries, "leaf_count"), firstLeaf);
            long[] splitCount = integers(of(entries, "internal_count"), firstSplit);
            count = new double[splits + ends];
            for (int split = 0; split < splits; split++) {
                count[split] = splitCount[split];
            }
            for (int leaf = 0; leaf < ends; leaf++) {
                count[splits + leaf] = leafCount[leaf];
            }
            feature = new int[splits];
            zeroRight = new boolean[splits];
            nanRight = new boolean[splits];
            readSplits(integers(of(entries, "split_feature"), firstSplit),
                    integers(of(entries, "decision_type"), firstSplit));
            left = new int[splits];
            right = new int[splits];
            roots = new int[leaves.length];
            int[] depth = new int[splits + ends];
            Arrays.fill(depth, -1);
            join(integers(of(entries, "left_child"), firstSplit), integers(of(entries, "right_child"), firstSplit),
                    firstSplit, firstLeaf, depth);
        } catch (NumberFormatException error) {
            throw new BundleException.Damaged(name + " is damaged (" + error.getMessage() + "): restore the bundle",
                    error);
        }
    }

    /**
     * Returns the raw scores of a cell, LightGBM's own to the last bit.
     *
     * @param row its features, as many as there are {@link #names} at least
     * @throws IllegalArgumentException there are fewer
     */
    public double[] scores(double[] row) {
        double[] flushed = flushed(row);
        double[] found = new double[values];
        for (int tree = 0; tree < roots.length; tree++) {
            int place = roots[tree];
            while (place < feature.length) {
                place = turnsRight(place, flushed) ? right[place] : left[place];
            }
            found[tree % values] += leafValue[place - feature.length];
        }
        return found;
    }

    /**
     * Returns what each feature adds to one of the scores of a cell: path-dependent TreeSHAP (Lundberg et al. 2020,
     * doi:10.1038/s42256-019-0138-9), the mean score left out.
     *
     * <p>A leaf of value v whose path tests d features gives to feature i of them v (o_i - z_i) times the integral from 0
     * to 1 of the product over all others j of z_j (1 - t) + o_j t, where o_j is 1 if the cell passes the path's splits
     * on feature j, else 0, and z_j is the share of training cells that pass them.
     *
     * @param row its features, as many as there are {@link #names} at least
     * @param value which score
     * @throws IllegalArgumentException there are fewer
     */
    public double[] contributions(double[] row, int value) {
        double[] found = new double[names.size()];
        Path path = new Path(flushed(row), found);
        for (int tree = value; tree < roots.length; tree += values) {
            path.follow(roots[tree], 0);
        }
        return found;
    }

    /** The way from a root to a place: one step for each feature that it tests. */
    private final class Path {
        private final double[] row;
        private final double[] found;
        private final int[] tested = new int[DEEPEST];
        private final double[] share = new double[DEEPEST];
        private final boolean[] passed = new boolean[DEEPEST];
        private final double[] factor = new double[DEEPEST];
        private final double[] integral = new double[DEEPEST];

        Path(double[] row, double[] found) {
            this.row = row;
            this.found = found;
        }

        void follow(int place, int length) {
            if (place >= feature.length) {
                give(leafValue[place - feature.length], length);
                return;
            }
            boolean turn = turnsRight(place, row);
            follow(place, left[place], !turn, length);
            follow(place, right[place], turn, length);
        }

        private void follow(int split, int child, boolean passes, int length) {
            double part = count[child] / count[split];
            int step = 0;
            while (step < length && tested[step] != feature[split]) {
                step++;
            }
            double before = share[step];
            boolean passedBefore = passed[step];
            boolean again = step < length;
            tested[step] = feature[split];
            share[step] = again ? before * part : part;
            passed[step] = passes && (!again || passedBefore);
            follow(child, again ? length : length + 1);
            share[step] = before;
            passed[step] = passedBefore;
        }

        private void give(double value, int length) {
            Arrays.fill(integral, 0, length, 0);
            Quadrature quadrature = QUADRATURES[(length + 1) / 2];
            for (int point = 0; point < quadrature.places.length; point++) {
                double t = quadrature.places[point];
                double product = quadrature.weights[point];
                for (int step = 0; step < length; step++) {
                    factor[step] = share[step] * (1 - t) + (passed[step] ? t : 0);
                    product *= factor[step];
                }
                for (int step = 0; step < length; step++) {
                    integral[step] += product / factor[step];
                }
            }
            for (int step = 0; step < length; step++) {
                found[tested[step]] += value * ((passed[step] ? 1 : 0) - share[step]) * integral[step];
            }
        }
    }

    private boolean turnsRight(int split, double[] row) {
        double value = row[feature[split]];
        if (value == 0) {
            return zeroRight[split];
        }
        return value != value ? nanRight[split] : value > threshold[split];
    }

    /** Values as LightGBM reads them: what is next to nothing is 0. */
    private double[] flushed(double[] row) {
        double[] found = new double[names.size()];
        if (row.length < found.length) {
            throw new IllegalArgumentException("expected " + found.length + " features, got " + row.length);
        }
        for (int i = 0; i < found.length; i++) {
            found[i] = Math.abs(row[i]) <= ZERO ? 0.0 : row[i];
        }
        return found;
    }

    private void check(Map<String, List<String>> entries, List<String> numbers) {
        for (int tree = 0; tree < numbers.size(); tree++) {
            require(numbers.get(tree).equals(Integer.toString(tree)), "a tree is missing");
        }
        boolean whole = values >= 1 && values <= numbers.size() && numbers.size() % values == 0;
        require(whole, numbers.size() + " trees for " + values + " values");
        boolean plain = !entries.containsKey("average_output");
        for (String linear : of(entries, "is_linear")) {
            plain &= linear.equals("0");
        }
        require(plain, "trees are averaged or leaves linear");
        String[] needed = {"num_leaves", "split_feature", "threshold", "decision_type", "left_child", "right_child",
            "internal_count", "leaf_value", "leaf_count"};
        for (String key : needed) {
            require(of(entries, key).size() == numbers.size(), "a tree is incomplete");
        }
    }

    private void readSplits(long[] features, long[] kinds) {
        for (int split = 0; split < feature.length; split++) {
            require(features[split] >= 0 && features[split] < names.size(), "a split on no feature");
            feature[split] = (int) features[split];
            long kind = kinds[split];
            require((kind & ~(DEFAULT_LEFT | ZERO_MISSING | NAN_MISSING)) == 0, "a split that is no threshold");
            boolean missingRight = (kind & DEFAULT_LEFT) == 0;
            zeroRight[split] = (kind & ZERO_MISSING) != 0 ? missingRight : threshold[split] < 0;
            nanRight[split] = (kind & NAN_MISSING) != 0 ? missingRight : zeroRight[split];
        }
    }

    /** Numbers the places through, and makes sure that each is reached once and no way goes on for ever. */
    private void join(long[] leftChild, long[] rightChild, int[] firstSplit, int[] firstLeaf, int[] depth) {
        for (int tree = 0; tree < roots.length; tree++) {
            int begin = firstSplit[tree];
            int end = firstSplit[tree + 1];
            roots[tree] = begin < end ? begin : feature.length + firstLeaf[tree];
            depth[roots[tree]] = 0;
            for (int split = begin; split < end; split++) {
                // LightGBM numbers splits from above: what leads back could go round for ever.
                require(depth[split] >= 0, "a place that is reached twice or never");
                left[split] = place(leftChild[split], split - begin, tree, firstSplit, firstLeaf);
                right[split] = place(rightChild[split], split - begin, tree, firstSplit, firstLeaf);
                for (int child : new int[] {left[split], right[split]}) {
                    require(depth[child] < 0, "a place that is reached twice or never");
                    require(depth[split] < DEEPEST, "a path of more than " + DEEPEST + " splits");
                    require(count[child] >= 1, "a branch without training cells");
                    depth[child] = depth[split] + 1;
                }
                require(count[split] >= 1, "a branch without training cells");
            }
        }
        for (int place : depth) {
            require(place >= 0, "a place that is reached twice or never");
        }
    }

    private int place(long child, int own, int tree, int[] firstSplit, int[] firstLeaf) {
        int splits = firstSplit[tree + 1] - firstSplit[tree];
        boolean leads = child < 0 ? ~child <= splits : child > own && child < splits;
        require(leads, "a split that leads nowhere");
        return (int) (child < 0 ? feature.length + firstLeaf[tree] + ~child : firstSplit[tree] + child);
    }

    private static Map<String, List<String>> entries(String text) {
        int end = text.indexOf("end of trees");
        require(end >= 0, "its end is missing");
        Map<String, List<String>> found = new HashMap<>();
        int start = 0;
        while (start < end) {
            int stop = text.indexOf('\n', start);
            stop = stop < 0 || stop > end ? end : stop;
            int equals = text.indexOf('=', start);
            boolean named = equals >= 0 && equals < stop;
            String key = text.substring(start, named ? equals : stop);
            List<String> known = found.get(key);
            if (known == null) {
                known = new ArrayList<>();
                found.put(key, known);
            }
            known.add(named ? text.substring(equals + 1, stop) : "");
            start = stop + 1;
        }
        return found;
    }

    private static List<String> names(Map<String, List<String>> entries) {
        List<String> found = new ArrayList<>();
        for (String name : first(entries, "feature_names", "").split(" ")) {
            if (!name.isEmpty()) {
                found.add(name);
            }
        }
        return Collections.unmodifiableList(found);
    }

    private static List<String> of(Map<String, List<String>> entries, String key) {
        List<String> found = entries.get(key);
        return found == null ? Collections.<String>emptyList() : found;
    }

    private static String first(Map<String, List<String>> entries, String key, String otherwise) {
        List<String> found = of(entries, key);
        return found.isEmpty() ? otherwise : found.get(0);
    }

    /** One entry of all trees, of which each must have as many numbers as it has splits or leaves. */
    private static double[] column(List<String> texts, int[] firsts) {
        double[] found = new double[firsts[firsts.length - 1]];
        for (int tree = 0; tree < texts.size(); tree++) {
            Scanner numbers = new Scanner(texts.get(tree));
            for (int i = firsts[tree]; i < firsts[tree + 1]; i++) {
                found[i] = number(numbers.next());
            }
            numbers.finish();
        }
        return found;
    }

    private static long[] integers(List<String> texts, int[] firsts) {
        long[] found = new long[firsts[firsts.length - 1]];
        for (int tree = 0; tree < texts.size(); tree++) {
            Scanner numbers = new Scanner(texts.get(tree));
            for (int i = firsts[tree]; i < firsts[tree + 1]; i++) {
                found[i] = integer(numbers.next());
            }
            numbers.finish();
        }
        return found;
    }

    /** Words of a line, one by one. */
    private static final class Scanner {
        private final String line;
        private int at;

        Scanner(String line) {
            this.line = line;
        }

        String next() {
            require(at < line.length(), "a tree with too many or too few numbers");
            int stop = line.indexOf(' ', at);
            stop = stop < 0 ? line.length() : stop;
            String word = line.substring(at, stop);
            at = stop + 1;
            return word;
        }

        void finish() {
            require(at > line.length() || line.isEmpty(), "a tree with too many or too few numbers");
        }
    }

    private static long integer(String word) {
        return Long.parseLong(word);
    }

    private static double number(String word) {
        // Java alone would also read "1d", "0x1p0" and "NaN".
        for (int i = 0; i < word.length(); i++) {
            require("0123456789+-.eE".indexOf(word.charAt(i)) >= 0, "a number is missing");
        }
        double found = Double.parseDouble(word);
        require(!Double.isInfinite(found), "a number without end");
        return found;
    }

    private static void require(boolean holds, String fault) {
        if (!holds) {
            throw new NumberFormatException(fault);
        }
    }

    private static Quadrature[] quadratures() {
        Quadrature[] found = new Quadrature[DEEPEST / 2 + 1];
        for (int points = 0; points < found.length; points++) {
            found[points] = new Quadrature(points);
        }
        return found;
    }
}
