package android.graphics;

public class Paint {
    public static final int ANTI_ALIAS_FLAG = 1;
    public static final int FILTER_BITMAP_FLAG = 2;

    public enum Style { FILL, STROKE, FILL_AND_STROKE }

    public Paint() {}

    public Paint(int flags) {}

    public native void setColor(int colour);

    public native void setStrokeWidth(float width);

    public native void setStyle(Style style);
}
