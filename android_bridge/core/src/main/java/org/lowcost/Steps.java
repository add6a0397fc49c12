package org.lowcost;

/** Tells a listener, where there is one, how far an analysis is, and stops it where the listener says so. */
final class Steps {
    private final Progress progress;

    /** @param progress who listens; null where nobody does */
    Steps(Progress progress) {
        this.progress = progress;
    }

    /** @throws CancelledException the listener wants no more */
    void reached(Progress.Stage stage, int done, int of) {
        if (progress != null && !progress.reached(stage, done, of)) {
            throw new CancelledException("the analysis was cancelled: nothing of this photograph was kept");
        }
    }
}
