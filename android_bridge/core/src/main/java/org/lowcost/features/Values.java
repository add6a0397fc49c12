package org.lowcost.features;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The features of one cell while they are measured: NaN until then. */
final class Values {
    private final Map<String, Integer> columns;
    private final double[] row;

    /** @param columns from {@link #columns} */
    Values(Map<String, Integer> columns) {
        this.columns = columns;
        row = new double[columns.size()];
        Arrays.fill(row, Double.NaN);
    }

    /** The place of each name in a list. */
    static Map<String, Integer> columns(List<String> names) {
        Map<String, Integer> columns = new HashMap<>();
        for (String name : names) {
            columns.put(name, columns.size());
        }
        return columns;
    }

    void put(String name, double value) {
        Integer column = columns.get(name);
        if (column == null) {
            throw new IllegalArgumentException("there is no feature " + name);
        }
        row[column] = value;
    }

    double[] row() {
        return row;
    }
}
