package android.os;

public final class Bundle {
    public native int getInt(String key);

    public native void putInt(String key, int value);

    public native void putString(String key, String value);
}
