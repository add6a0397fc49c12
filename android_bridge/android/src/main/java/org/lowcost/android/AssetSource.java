package org.lowcost.android;

import android.content.res.AssetManager;
import java.io.IOException;
import java.io.InputStream;
import org.lowcost.BundleSource;

/** A bundle in the assets of an app. */
public final class AssetSource implements BundleSource {
    private final AssetManager assets;
    private final String folder;

    /** @param folder the folder in the assets that holds {@code bundle.json} */
    public AssetSource(AssetManager assets, String folder) {
        this.assets = assets;
        this.folder = folder;
    }

    @Override
    public InputStream open(String name) throws IOException {
        return assets.open(folder + "/" + name);
    }

    @Override
    public String toString() {
        return "assets/" + folder;
    }
}
