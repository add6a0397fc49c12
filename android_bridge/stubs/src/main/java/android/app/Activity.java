package android.app;

import android.content.Context;
import android.content.res.AssetManager;
import android.os.Bundle;
import android.view.View;

public class Activity extends Context {
    @Override
    public native AssetManager getAssets();

    protected void onCreate(Bundle state) {}

    protected void onStart() {}

    protected void onStop() {}

    protected void onDestroy() {}

    protected void onSaveInstanceState(Bundle state) {}

    public native void setContentView(int layout);

    public native <T extends View> T findViewById(int id);

    public final native Application getApplication();

    public final native void runOnUiThread(Runnable action);

    public native void finish();
}
