package org.lowcost.android;

import org.lowcost.Progress;

/** What an app may say about an analysis; what it does not say is measured. */
public final class Options {
    Double umPerPx;
    Progress progress;

    /**
     * States the scale of the photographs.
     *
     * @param value micrometres per px, 0.01 to 2
     * @return these options
     */
    public Options umPerPx(double value) {
        umPerPx = value;
        return this;
    }

    /**
     * Names who hears how far the analysis is, and can stop it.
     *
     * @param listener called on the thread that analyses
     * @return these options
     */
    public Options progress(Progress listener) {
        progress = listener;
        return this;
    }
}
