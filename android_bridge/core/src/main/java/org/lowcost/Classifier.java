package org.lowcost;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.model.Network;
import org.lowcost.raster.Rgb;

/**
 * The type of a cell: an int8 network, calibrated probabilities, and the decision when to say nothing; {@code
 * lowcost.classifier}. One object serves many threads.
 *
 * <p>The exponentials of the softmax are a table in the bundle and the sums run in the order of the classes.
 */
public final class Classifier {
    /** How cells are typed; the bundle's section {@code classifier}. */
    static final class Parameters {
        /** The network's name in the bundle. */
        final String file;

        /** Names of cell types in the order of the logits. */
        final List<String> classes;

        /** Value of one unit of the int8 logits; the zero point cancels in a softmax. */
        final double logitScale;

        /** What the logits are divided by (Guo et al. 2017, arXiv:1706.04599). */
        final double temperature;

        /** {@code exp(-k * logitScale / temperature)} for k = 0 ... 255. */
        final double[] softmaxTable;

        /** An object is a leukocyte when the leukocyte classes together have at least this probability, 0-1. */
        final double leukocyteLimit;

        /** Classes that are stages of one type and count together in this. */
        final List<List<String>> stages;

        /** A leukocyte whose best type has less than this share of the leukocyte probability is unidentified, 0-1. */
        final double typeLimit;

        Parameters(Section section) {
            file = section.text("file");
            classes = section.texts("classes");
            logitScale = section.number("logit_scale");
            temperature = section.number("temperature");
            softmaxTable = section.numbers("softmax_table", 256);
            leukocyteLimit = section.number("leukocyte_limit");
            stages = section.rowsOfTexts("stages");
            typeLimit = section.number("type_limit");
            section.finish();
        }
    }

    /** What the network gives for a crop. */
    public static final class Seen {
        /** The raw output, int8. */
        public final byte[] logits;

        /** Means of the network's last channels, int8: what it has seen, before it is put into words. */
        public final byte[] embedding;

        /** Joins the two. */
        public Seen(byte[] logits, byte[] embedding) {
            this.logits = logits;
            this.embedding = embedding;
        }
    }

    private final Parameters parameters;
    private final Strength strength;
    private final Morphology morphology;
    private final Correction correction;
    private final Shift shift;
    private final Recalibration recalibration;

    /** The exponentials by which cells are decided on: the bundle's, or the device's in their place. */
    private final double[] softmaxTable;

    private final Network network;
    /** Which outputs of the network are these. */
    private final int logits;

    private final int embedding;
    private final Map<String, String> typeOf = new LinkedHashMap<>();

    private Classifier(Bundle bundle, Device device, Network.Runtime runtime) {
        parameters = new Parameters(bundle.section("classifier"));
        shift = device == null ? null : device.shift;
        recalibration = device == null ? null : device.recalibration;
        softmaxTable = recalibration == null ? parameters.softmaxTable : recalibration.softmaxTable;
        strength = Strength.load(bundle, Crop.UM_PER_PX);
        morphology = Morphology.load(bundle, parameters.classes);
        correction = Correction.load(bundle, parameters.classes);
        network = runtime.load(bundle.file(parameters.file));
        if (network.outputCount() != 2) {
            throw new BundleException("the bundle's network has " + network.outputCount()
                    + " outputs, expected logits and embedding: use the bundle made for this version of lowcost");
        }
        logits = network.outputSize(0) <= network.outputSize(1) ? 0 : 1;
        embedding = 1 - logits;
        int[] shape = network.inputShape();
        boolean fits = shape[1] == Crop.CROP_PX && shape[2] == Crop.CROP_PX && shape[3] == 3;
        fits = fits && network.outputSize(logits) == parameters.classes.size();
        fits = fits && network.outputScale(logits) == parameters.logitScale;
        if (!fits || !Taxonomy.CELL_TYPES.keySet().containsAll(parameters.classes)) {
            throw new BundleException(parameters.file + " does not fit the bundle's classifier section ("
                    + parameters.classes.size() + " classes): use a bundle made in one piece");
        }
        for (String name : parameters.classes) {
            typeOf.put(name, name);
        }
        for (List<String> stages : parameters.stages) {
            for (String name : stages) {
                typeOf.put(name, stages.get(0));
            }
        }
    }

    /**
     * Returns the classifier of a bundle.
     *
     * @param device what is known of the device that takes the photographs; null where nothing is
     * @param runtime what evaluates the network
     */
    public static Classifier load(Bundle bundle, Device device, Network.Runtime runtime) {
        return new Classifier(bundle, device, runtime);
    }

    /** Returns the memory in which one thread at a time can run the network. */
    public Network.Run newRun() {
        return network.newRun();
    }

    /**
     * Runs the network alone.
     *
     * @param crop 96 x 96 px as {@link Crop#networkInput} makes it
     * @param run what {@link #newRun} returned
     * @return what it gives
     */
    public Seen network(Rgb crop, Network.Run run) {
        run.evaluate(strength.level(crop).data);
        return new Seen(run.output(logits), run.output(embedding));
    }

    /**
     * Names a cell that the network saw.
     *
     * @param seen what the network gave
     * @param row its features
     */
    public Prediction predict(Seen seen, double[] row) {
        int[] own = new int[seen.logits.length];
        for (int i = 0; i < own.length; i++) {
            own[i] = seen.logits[i];
        }
        if (morphology != null) {
            own = morphology.apply(own, row, parameters.softmaxTable, shift);
        }
        if (correction != null) {
            own = correction.apply(own, row);
        }
        return decide(recalibration == null ? own : recalibration.apply(own));
    }

    /**
     * Turns logits into a type.
     *
     * <p>First leukocyte or not: the probabilities of all leukocyte classes together must reach the limit, else the object
     * is the most probable of the others, so that doubt about the type never makes a leukocyte of a platelet. Then which:
     * the best leukocyte type, its stages counted together, must hold its share of the leukocyte probability, else the
     * cell is unidentified. Last the best stage of that type. Of equals the first wins.
     *
     * @param logits in the order of the classes, at most 255 apart
     */
    public Prediction decide(int[] logits) {
        int top = Integer.MIN_VALUE;
        for (int logit : logits) {
            top = Math.max(top, logit);
        }
        double[] weights = new double[logits.length];
        double total = 0.0;
        double leukocyteTotal = 0.0;
        Map<String, Double> leukocytes = new LinkedHashMap<>();
        for (int i = 0; i < logits.length; i++) {
            String name = parameters.classes.get(i);
            weights[i] = softmaxTable[top - logits[i]];
            total += weights[i];
            if (Taxonomy.CELL_TYPES.get(name).isLeukocyte) {
                leukocyteTotal += weights[i];
                Double before = leukocytes.get(typeOf.get(name));
                leukocytes.put(typeOf.get(name), (before == null ? 0.0 : before) + weights[i]);
            }
        }
        boolean isLeukocyte = leukocyteTotal >= parameters.leukocyteLimit * total;
        String best = null;
        for (Map.Entry<String, Double> entry : leukocytes.entrySet()) {
            best = best == null || entry.getValue() > leukocytes.get(best) ? entry.getKey() : best;
        }
        int chosen = -1;
        Map<String, Double> probabilities = new LinkedHashMap<>();
        for (int i = 0; i < logits.length; i++) {
            String type = typeOf.get(parameters.classes.get(i));
            boolean candidate = isLeukocyte ? type.equals(best) : !leukocytes.containsKey(type);
            if (candidate && (chosen < 0 || weights[i] > weights[chosen])) {
                chosen = i;
            }
            probabilities.put(parameters.classes.get(i), weights[i] / total);
        }
        boolean unsure =
                leukocytes.get(best) < parameters.typeLimit * leukocyteTotal || 2.0 * leukocyteTotal < total;
        return new Prediction(
                isLeukocyte && unsure ? Taxonomy.UNIDENTIFIED : parameters.classes.get(chosen),
                weights[chosen] / total,
                Collections.unmodifiableMap(probabilities),
                logits);
    }
}
