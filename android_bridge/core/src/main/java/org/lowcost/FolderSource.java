package org.lowcost;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;

/** A bundle that lies in a folder. */
public final class FolderSource implements BundleSource {
    private final File folder;

    /** @param folder the folder that holds {@code bundle.json} */
    public FolderSource(File folder) {
        this.folder = folder;
    }

    @Override
    public InputStream open(String name) throws IOException {
        File file = new File(folder, name);
        if (!file.exists()) {
            throw new FileNotFoundException(file.getPath());
        }
        String root = folder.getCanonicalPath() + File.separator;
        if (!file.getCanonicalPath().startsWith(root)) {
            throw new BundleException.TamperedWith(
                    "bundle " + this + " lists '" + name + "', which lies outside its folder: do not trust this bundle");
        }
        return new FileInputStream(file);
    }

    @Override
    public String toString() {
        return folder.getPath();
    }
}
