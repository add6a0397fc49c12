package org.lowcost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.features.Compute;
import org.lowcost.image.Image;
import org.lowcost.image.ImageSource;
import org.lowcost.image.Quality;
import org.lowcost.model.Network;
import org.lowcost.model.TfLite;

/**
 * Analyses photographs with one bundle; {@code lowcost.pipeline.Analyzer}. Load it once, use it for many images and from
 * many threads.
 */
public final class Analyzer {
    private static final double SMALLEST_UM_PER_PX = 0.01;
    private static final double LARGEST_UM_PER_PX = 2.0;

    private static final Comparator<Cell> READING_ORDER = new Comparator<Cell>() {
        private final int[] order = {1, 0, 3, 2};

        @Override
        public int compare(Cell one, Cell other) {
            for (int side : order) {
                if (one.box[side] != other.box[side]) {
                    return one.box[side] < other.box[side] ? -1 : 1;
                }
            }
            return 0;
        }
    };

    private final Bundle bundle;
    private final Device device;
    private final Network.Runtime runtime;
    private final CellFinder finder;
    private final Classifier classifier;
    private final Attributes attributes;
    private final Differential.Parameters differential;
    private final Conformal conformal;
    private final Novelty novelty;

    /**
     * Prepares the models of a bundle.
     *
     * @param bundle the models and every parameter
     * @param profile what was measured of the device that takes the photographs; null where nothing was
     * @param runtime what evaluates the network
     * @throws BundleException its parts do not belong together
     * @throws InputException the profile was made with another bundle
     */
    public Analyzer(Bundle bundle, Profile profile, Network.Runtime runtime) {
        this.bundle = bundle;
        this.runtime = runtime;
        device = profile == null ? null : new Device(profile, bundle);
        finder = new CellFinder(bundle);
        classifier = Classifier.load(bundle, device, runtime);
        attributes = Attributes.load(bundle);
        boolean recalibrated = device != null && device.recalibration != null;
        boolean reliable = Reliability.holds(bundle) && !recalibrated;
        differential = new Differential.Parameters(bundle.section("differential"), reliable);
        conformal = reliable ? Conformal.load(bundle) : null;
        novelty = Novelty.load(bundle);
    }

    /**
     * Loads a bundle.
     *
     * @param source where its files are
     * @throws BundleException the bundle is missing, damaged, tampered with or of another format
     */
    public static Analyzer load(BundleSource source) {
        return new Analyzer(Bundle.load(source), null, TfLite.RUNTIME);
    }

    /** Returns the models and every parameter. */
    public Bundle bundle() {
        return bundle;
    }

    /**
     * Analyses the fields of one slide.
     *
     * @param sources photographs
     * @param umPerPx micrometres per px of all of them; null where they are read from metadata or measured
     * @param progress hears how far each image is, and can stop; null where nobody listens
     * @return fields, cells and differential; images that cannot be read and pictures that were there before are listed
     *     as failures
     * @throws InputException {@code umPerPx} is no possible scale, or there is no image
     * @throws CancelledException the listener wanted no more
     */
    public SmearResult analyze(List<? extends ImageSource> sources, Double umPerPx, Progress progress) {
        if (sources.isEmpty()) {
            throw new InputException("expected photographs, got none: name one at least");
        }
        checkScale(umPerPx);
        List<Field> fields = new ArrayList<>();
        List<Failure> failures = new ArrayList<>();
        Map<String, String> seen = new HashMap<>();
        for (ImageSource source : sources) {
            try {
                Image image = source.read();
                String picture = image.pictureSha256();
                if (seen.containsKey(picture)) {
                    throw new InputException(source.name() + " is the same picture as " + seen.get(picture)
                            + ": it is counted once");
                }
                seen.put(picture, source.name());
                fields.add(field(image, umPerPx, progress));
            } catch (InputException error) {
                failures.add(new Failure(source.name(), error.getMessage()));
            }
        }
        return result(fields, failures);
    }

    /**
     * Analyses one photograph.
     *
     * @param image as read
     * @param umPerPx micrometres per px; null where they are read from metadata or measured from the red cells
     * @param progress hears how far it is, and can stop it; null where nobody listens
     * @return what was found on it; nothing where it is rejected
     * @throws InputException {@code umPerPx} is no possible scale
     * @throws CancelledException the listener wanted no more
     */
    public Field field(Image image, Double umPerPx, Progress progress) {
        Steps steps = new Steps(progress);
        steps.reached(Progress.Stage.OPTICS, 0, 1);
        Optics optics = finder.optics(image.pixels, knownScale(image, umPerPx), device);
        List<Cell> cells = Collections.emptyList();
        Map<String, double[]> vectors = Collections.emptyMap();
        if (!optics.quality.verdict.equals(Quality.REJECTED)) {
            steps.reached(Progress.Stage.NUCLEI, 0, 1);
            Found found = finder.find(optics, progress);
            vectors = found.stainVectors;
            cells = name(found, optics.scale, steps);
        }
        return new Field(
                image.name,
                image.sha256,
                image.pixels.width,
                image.pixels.height,
                optics.quality.verdict,
                optics.quality.reasons,
                optics.quality.metrics,
                optics.scale,
                optics.light.whitePoint(),
                vectors,
                cells,
                Novelty.ofField(leukocytes(cells)));
    }

    /**
     * Puts the fields of one slide together.
     *
     * @param fields what {@link #field} returned
     * @param failures images that could not be read
     * @return the fields with their common differential
     */
    public SmearResult result(List<Field> fields, List<Failure> failures) {
        Map<String, String> provenance = new LinkedHashMap<>();
        provenance.put("lowcost", Version.NAME);
        provenance.put("bundle", bundle.name() + " " + bundle.version());
        provenance.put("bundle_sha256", bundle.digest());
        provenance.put("runtime", runtime.name());
        provenance.put("java", String.valueOf(System.getProperty("java.version")));
        if (device != null) {
            provenance.put("device", device.profile.name);
            provenance.put("device_sha256", device.profile.digest);
        }
        return new SmearResult(
                Collections.unmodifiableList(new ArrayList<>(fields)),
                Differential.measure(fields, differential),
                Collections.unmodifiableList(new ArrayList<>(failures)),
                provenance);
    }

    private static double[] leukocytes(List<Cell> cells) {
        double[] found = new double[cells.size()];
        int count = 0;
        for (Cell cell : cells) {
            if (cell.isLeukocyte() && cell.novelty != null) {
                found[count++] = cell.novelty;
            }
        }
        return Arrays.copyOf(found, count);
    }

    /** Cells from views and boxes, numbered in reading order. */
    private List<Cell> name(Found found, Scale scale, Steps steps) {
        boolean described = Math.max(scale.umPerPxX, scale.umPerPxY) <= attributes.coarsestUmPerPx;
        List<Cell> cells = new ArrayList<>();
        for (int[] box : found.platelets) {
            cells.add(unseen(box, "platelet"));
        }
        for (int[] box : found.artefacts) {
            cells.add(unseen(box, "artefact"));
        }
        Network.Run run = classifier.newRun();
        for (int i = 0; i < found.views.size(); i++) {
            steps.reached(Progress.Stage.CELLS, i, found.views.size());
            View view = found.views.get(i);
            cells.add(described ? described(view, run) : cell(view, undefined(), null, null));
        }
        Collections.sort(cells, READING_ORDER);
        for (int i = 0; i < cells.size(); i++) {
            cells.set(i, cells.get(i).numbered(i + 1));
        }
        return Collections.unmodifiableList(cells);
    }

    private Cell described(View view, Network.Run run) {
        double[] row = Compute.compute(view.pixels, view.nucleus, view.cell);
        Classifier.Seen seen = classifier.network(Crop.networkInput(view.pixels), run);
        return cell(view, row, seen, classifier.predict(seen, row));
    }

    private static double[] undefined() {
        double[] row = new double[Compute.NAMES.size()];
        Arrays.fill(row, Double.NaN);
        return row;
    }

    /** A cell from its view; without a prediction, where the image is too coarse for one, it is unidentified. */
    private Cell cell(View view, double[] row, Classifier.Seen seen, Prediction prediction) {
        String type = prediction == null ? Taxonomy.UNIDENTIFIED : prediction.type;
        Map<String, Double> probabilities =
                prediction == null ? Collections.<String, Double>emptyMap() : prediction.probabilities;
        Map<String, Double> features = new LinkedHashMap<>();
        for (int i = 0; i < row.length; i++) {
            if (!Double.isNaN(row[i]) && !Double.isInfinite(row[i])) {
                features.put(Compute.NAMES.get(i), SmearResult.rounded(row[i]));
            }
        }
        return new Cell(
                0,
                view.box,
                view.polygon,
                view.nucleusPolygons,
                type,
                prediction == null ? 0.0 : prediction.probability,
                probabilities,
                view.touchesEdge,
                attributes.predict(row, seen == null ? null : seen.embedding, seen != null),
                features,
                conformal == null ? Collections.<String>emptyList() : conformal.possibleTypes(type, probabilities),
                novelty == null ? null : novelty.ofCell(features));
    }

    /** An object told from a leukocyte by its size alone: no network saw it, so no doubt is stated. */
    private static Cell unseen(int[] box, String kind) {
        double[][] corners = {{box[0], box[1]}, {box[2], box[1]}, {box[2], box[3]}, {box[0], box[3]}};
        return new Cell(
                0,
                box,
                corners,
                Collections.<double[][]>emptyList(),
                kind,
                1.0,
                Collections.<String, Double>emptyMap(),
                false,
                Collections.<String, AttributeValue>emptyMap(),
                Collections.<String, Double>emptyMap(),
                Collections.<String>emptyList(),
                null);
    }

    /** The scale that the user or the file gives. */
    private static Scale knownScale(Image image, Double umPerPx) {
        checkScale(umPerPx);
        if (umPerPx != null) {
            return new Scale(umPerPx, umPerPx, "given", 1.0);
        }
        return image.umPerPx == null ? null : new Scale(image.umPerPx[0], image.umPerPx[1], "metadata", 1.0);
    }

    private static void checkScale(Double umPerPx) {
        if (umPerPx != null && !(umPerPx >= SMALLEST_UM_PER_PX && umPerPx <= LARGEST_UM_PER_PX)) {
            throw new InputException("um per px must lie between " + SMALLEST_UM_PER_PX + " and " + LARGEST_UM_PER_PX
                    + ", got " + umPerPx + "; a red cell is 7.2 um across: divide 7.2 by its diameter in px");
        }
    }
}
