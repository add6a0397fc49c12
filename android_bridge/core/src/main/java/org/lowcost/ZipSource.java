package org.lowcost;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** A bundle in an archive, for example one that an app has downloaded. */
public final class ZipSource implements BundleSource {
    private final File archive;
    private final String folder;

    /**
     * Names an archive and a place in it.
     *
     * @param archive the file
     * @param folder where in it {@code bundle.json} lies, with a slash at its end; empty where it lies at the top
     */
    public ZipSource(File archive, String folder) {
        this.archive = archive;
        this.folder = folder;
    }

    @Override
    public InputStream open(String name) throws IOException {
        if (!archive.isFile()) {
            throw new FileNotFoundException(archive.getPath());
        }
        final ZipFile zip = new ZipFile(archive);
        ZipEntry entry = zip.getEntry(folder + name);
        if (entry == null) {
            zip.close();
            throw new FileNotFoundException(folder + name);
        }
        return new FilterInputStream(zip.getInputStream(entry)) {
            @Override
            public void close() throws IOException {
                zip.close(); // and with it every stream of it
            }
        };
    }

    @Override
    public String toString() {
        return archive.getPath();
    }
}
