package android.app;

import android.content.Context;
import android.content.res.AssetManager;

public class Application extends Context {
    @Override
    public native AssetManager getAssets();

    public void onCreate() {}
}
