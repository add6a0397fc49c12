package android.content.res;

import android.util.DisplayMetrics;

public class Resources {
    public native int getColor(int id);

    public native DisplayMetrics getDisplayMetrics();
}
