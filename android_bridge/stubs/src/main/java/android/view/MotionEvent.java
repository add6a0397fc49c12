package android.view;

public final class MotionEvent {
    public static final int ACTION_UP = 1;

    public native int getAction();

    public native float getX();

    public native float getY();
}
