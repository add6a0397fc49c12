package org.lowcost.sample;

import android.content.Context;
import android.graphics.Canvas;
import android.graphics.Paint;
import android.util.AttributeSet;
import android.view.View;

/** A bar that is full where the picture is as sharp as it has been. */
public final class FocusMeter extends View {
    /** The best is forgotten slowly, as another field may have less to focus on: half of it in about a hundred pictures. */
    private static final double KEPT = 0.993;

    private final Paint bar = new Paint();
    private final Paint back = new Paint();
    private double best;
    private double share;

    public FocusMeter(Context context, AttributeSet attributes) {
        super(context, attributes);
        bar.setColor(getResources().getColor(R.color.meter));
        back.setColor(getResources().getColor(R.color.meter_back));
    }

    void show(double focus) {
        best = Math.max(focus, best * KEPT);
        share = best > 0 ? focus / best : 0;
        setContentDescription(getContext().getString(R.string.focus, (int) Math.round(100 * share)));
        invalidate();
    }

    @Override
    protected void onDraw(Canvas canvas) {
        canvas.drawRect(0, 0, getWidth(), getHeight(), back);
        canvas.drawRect(0, 0, (float) (getWidth() * share), getHeight(), bar);
    }
}
