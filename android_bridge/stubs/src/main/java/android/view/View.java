package android.view;

import android.content.Context;
import android.content.res.Resources;
import android.graphics.Canvas;
import android.util.AttributeSet;

public class View {
    public static final int VISIBLE = 0;
    public static final int GONE = 8;

    public interface OnClickListener {
        void onClick(View view);
    }

    public View(Context context, AttributeSet attributes) {}

    public final native Context getContext();

    public native Resources getResources();

    public final native int getWidth();

    public final native int getHeight();

    public native void invalidate();

    public native void setContentDescription(CharSequence text);

    public native void setEnabled(boolean enabled);

    public native void setVisibility(int visibility);

    public native void setOnClickListener(OnClickListener listener);

    public final native <T extends View> T findViewById(int id);

    protected void onDraw(Canvas canvas) {}

    public native boolean onTouchEvent(MotionEvent event);

    public native boolean performClick();
}
