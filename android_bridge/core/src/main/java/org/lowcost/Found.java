package org.lowcost;

import java.util.List;
import java.util.Map;

/** What was found on a photograph; {@code lowcost.cells.Found}. */
public final class Found {
    /** One for each nucleus, in reading order of the nuclei. */
    public final List<View> views;

    /** Boxes of chromatin-coloured objects too small to be a nucleus, px of the photograph. */
    public final List<int[]> platelets;

    /** Boxes of those that no view can show: rings and arcs wider than a view. */
    public final List<int[]> artefacts;

    /** Unit optical-density vectors of chromatin and haemoglobin as measured. */
    public final Map<String, double[]> stainVectors;

    Found(List<View> views, List<int[]> platelets, List<int[]> artefacts, Map<String, double[]> stainVectors) {
        this.views = views;
        this.platelets = platelets;
        this.artefacts = artefacts;
        this.stainVectors = stainVectors;
    }
}
