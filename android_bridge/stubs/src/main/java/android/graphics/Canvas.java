package android.graphics;

public class Canvas {
    public Canvas(Bitmap bitmap) {}

    public native void drawBitmap(Bitmap bitmap, float left, float top, Paint paint);

    public native void drawPath(Path path, Paint paint);

    public native void drawRect(float left, float top, float right, float bottom, Paint paint);

    public native int save();

    public native void restore();

    public native void scale(float x, float y);

    public native void translate(float x, float y);
}
