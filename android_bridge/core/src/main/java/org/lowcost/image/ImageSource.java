package org.lowcost.image;

/** Where a photograph comes from: it is read when its turn comes, so that one at a time takes memory. */
public interface ImageSource {
    /** Returns what the app calls it. */
    String name();

    /**
     * Reads it.
     *
     * @throws org.lowcost.InputException it cannot be used; the text says why
     */
    Image read();
}
