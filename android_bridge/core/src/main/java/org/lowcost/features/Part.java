package org.lowcost.features;

/** Parts of a cell over which channels are measured. */
enum Part {
    NUCLEUS,
    CYTOPLASM,
    CELL
}
