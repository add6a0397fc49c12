package android.view;

import android.content.Context;

public abstract class LayoutInflater {
    public static native LayoutInflater from(Context context);

    public native View inflate(int layout, ViewGroup root, boolean attach);
}
