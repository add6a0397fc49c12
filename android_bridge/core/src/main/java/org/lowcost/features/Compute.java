package org.lowcost.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.lowcost.raster.Mask;
import org.lowcost.raster.Rgb;

/** The feature table and the one method that fills it. */
public final class Compute {
    /** The name of every feature, in the order of the columns. */
    public static final List<String> NAMES = names();

    private static final Map<String, Integer> COLUMNS = Values.columns(NAMES);

    private Compute() {}

    private static List<String> names() {
        List<String> names = new ArrayList<>();
        names.addAll(Shape.names());
        names.addAll(Lobes.names());
        names.addAll(Chromatin.names());
        names.addAll(Cytoplasm.names());
        names.addAll(Inclusions.names());
        names.addAll(Colour.names());
        return Collections.unmodifiableList(names);
    }

    /**
     * Measures one cell, on its own.
     *
     * @param view balanced RGB at 0.125 um per px, empty background 240
     * @param nucleus pixels of the nucleus; they count as pixels of the cell
     * @param cell pixels of the cell
     * @return values in the order of {@link #NAMES}; NaN where the feature's region (nucleus, cytoplasm) is missing, all
     *     NaN for an empty cell. Only pixels of the cell and of its nucleus's convex hull count.
     */
    public static double[] compute(Rgb view, Mask nucleus, Mask cell) {
        if (nucleus.count() == 0 && cell.count() == 0) {
            double[] empty = new double[NAMES.size()];
            Arrays.fill(empty, Double.NaN);
            return empty;
        }
        Specimen specimen = new Specimen(view, nucleus, cell);
        Values values = new Values(COLUMNS);
        Shape.measure(specimen, values);
        Lobes.measure(specimen, values);
        Chromatin.measure(specimen, values);
        Cytoplasm.measure(specimen, values);
        Inclusions.measure(specimen, values);
        Colour.measure(specimen, values);
        return values.row();
    }
}
