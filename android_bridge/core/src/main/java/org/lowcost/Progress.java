package org.lowcost;

/** Hears how far an analysis is, and can stop it. It is called on the thread that analyses. */
public interface Progress {
    /** What an analysis does, one after the other. */
    enum Stage {
        /** Light, scale and quality of the photograph. */
        OPTICS,
        /** The search for nuclei. */
        NUCLEI,
        /** The outlines of cells. */
        OUTLINES,
        /** Features, types and attributes. */
        CELLS
    }

    /**
     * Is told before a stage begins, and within {@code OUTLINES} and {@code CELLS} after each few cells.
     *
     * @param stage what is being done
     * @param done how much of it is done ...
     * @param of ... of so much
     * @return whether to go on; the analysis else ends with a {@link CancelledException}
     */
    boolean reached(Stage stage, int done, int of);
}
