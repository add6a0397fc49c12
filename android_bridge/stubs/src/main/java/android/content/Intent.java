package android.content;

import android.os.Parcelable;

public class Intent {
    public static final String ACTION_SEND = "android.intent.action.SEND";
    public static final String EXTRA_STREAM = "android.intent.extra.STREAM";
    public static final int FLAG_GRANT_READ_URI_PERMISSION = 1;

    public Intent(String action) {}

    public Intent(Context context, Class<?> activity) {}

    public static native Intent createChooser(Intent target, CharSequence title);

    public native Intent setType(String type);

    public native Intent putExtra(String name, Parcelable value);

    public native Intent addFlags(int flags);
}
