package org.lowcost;

import java.util.List;
import java.util.Map;

/** One object found on a field; {@code lowcost.result.Cell}. */
public final class Cell {
    /** Number of the object on its field, from 1, in reading order (top edge, then left edge of the box). */
    public final int id;

    /** x0, y0, x1, y1 in px of the image; x to the right, y down, edges not centres, x1 and y1 exclusive. */
    public final int[] box;

    /** Outline of the whole cell as points x, y in the same frame. */
    public final double[][] polygon;

    /** Outline of each separate part of the nucleus. */
    public final List<double[][]> nucleusPolygons;

    /** A name of {@link Taxonomy#CELL_TYPES}. */
    public final String type;

    /** Probability of the most probable type, 0-1, also where the cell is unidentified. */
    public final double probability;

    /** Probability of every type that the classifier knows. */
    public final Map<String, Double> probabilities;

    /** Whether the edge of the image or of the eyepiece's round field cuts the cell. */
    public final boolean touchesEdge;

    /** Attributes by name; empty for objects that are not cells. */
    public final Map<String, AttributeValue> attributes;

    /** The feature table's values by name; a feature that is undefined for this cell is left out. */
    public final Map<String, Double> features;

    /** The types that the cell may have ({@link Conformal}), most probable first; empty where none was judged. */
    public final List<String> possibleTypes;

    /** How unlike the training cells, 0-1 ({@link Novelty}); null where it was not measured. */
    public final Double novelty;

    /** Joins what belongs to a cell. */
    public Cell(
            int id,
            int[] box,
            double[][] polygon,
            List<double[][]> nucleusPolygons,
            String type,
            double probability,
            Map<String, Double> probabilities,
            boolean touchesEdge,
            Map<String, AttributeValue> attributes,
            Map<String, Double> features,
            List<String> possibleTypes,
            Double novelty) {
        this.id = id;
        this.box = box;
        this.polygon = polygon;
        this.nucleusPolygons = nucleusPolygons;
        this.type = type;
        this.probability = probability;
        this.probabilities = probabilities;
        this.touchesEdge = touchesEdge;
        this.attributes = attributes;
        this.features = features;
        this.possibleTypes = possibleTypes;
        this.novelty = novelty;
    }

    /** Returns the same cell with another number. */
    public Cell numbered(int number) {
        return new Cell(number, box, polygon, nucleusPolygons, type, probability, probabilities, touchesEdge,
                attributes, features, possibleTypes, novelty);
    }

    /** Whether the cell counts in the differential; an unidentified leukocyte does. */
    public boolean isLeukocyte() {
        return Taxonomy.CELL_TYPES.get(type).isLeukocyte;
    }
}
