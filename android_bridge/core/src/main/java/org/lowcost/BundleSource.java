package org.lowcost;

import java.io.IOException;
import java.io.InputStream;

/** Where the files of a bundle come from: a folder, an archive, the assets of an app. */
public interface BundleSource {
    /**
     * Opens one file.
     *
     * @param name relative to the bundle, with forward slashes, for example {@code "attributes/cell_size.txt"}
     * @return the file's content, which the caller closes
     * @throws java.io.FileNotFoundException there is no such file
     * @throws IOException it cannot be read
     */
    InputStream open(String name) throws IOException;

    /** Returns what a person would call the place, for sentences about it. */
    @Override
    String toString();
}
