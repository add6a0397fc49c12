package android.content;

import android.content.res.AssetManager;
import android.content.res.Resources;
import java.io.File;

public abstract class Context {
    public static final int MODE_PRIVATE = 0;

    public abstract AssetManager getAssets();

    public native SharedPreferences getSharedPreferences(String name, int mode);

    public native ContentResolver getContentResolver();

    public native Resources getResources();

    public native File getCacheDir();

    public native File getFilesDir();

    public native void startActivity(Intent intent);

    public final native String getString(int id);

    public final native String getString(int id, Object... arguments);
}
