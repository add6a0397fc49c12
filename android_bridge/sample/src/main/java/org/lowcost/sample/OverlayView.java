package org.lowcost.sample;

import android.content.Context;
import android.graphics.Canvas;
import android.graphics.Paint;
import android.graphics.Path;
import android.util.AttributeSet;
import android.view.MotionEvent;
import android.view.View;
import org.lowcost.Cell;
import org.lowcost.Field;

/** A photograph with the outlines of its cells; the one that is touched is named. */
public final class OverlayView extends View {
    /** Hears which cell was touched. */
    interface Listener {
        void touched(Cell cell);
    }

    private static final float LINE_DP = 2;

    private final Paint photograph = new Paint(Paint.FILTER_BITMAP_FLAG);
    private final Paint line = new Paint(Paint.ANTI_ALIAS_FLAG);
    private Picture picture;
    private Field field;
    private Cell selected;
    private Listener listener;
    private float zoom = 1;
    private float left;
    private float top;

    public OverlayView(Context context, AttributeSet attributes) {
        super(context, attributes);
        line.setStyle(Paint.Style.STROKE);
        line.setStrokeWidth(LINE_DP * getResources().getDisplayMetrics().density);
    }

    /** Shows a field; without a picture its outlines alone. */
    void show(Picture shown, Field ofField, Listener touched) {
        picture = shown;
        field = ofField;
        listener = touched;
        selected = null;
        invalidate();
    }

    void select(Cell cell) {
        selected = cell;
        invalidate();
    }

    @Override
    protected void onDraw(Canvas canvas) {
        if (field == null) {
            return;
        }
        zoom = Math.min((float) getWidth() / field.width, (float) getHeight() / field.height);
        left = (getWidth() - zoom * field.width) / 2;
        top = (getHeight() - zoom * field.height) / 2;
        canvas.translate(left, top);
        if (picture != null) {
            canvas.save();
            canvas.scale(zoom / picture.scale, zoom / picture.scale);
            canvas.drawBitmap(picture.bitmap, 0, 0, photograph);
            canvas.restore();
        }
        for (Cell cell : field.cells) {
            int colour = cell == selected ? R.color.selected : cell.isLeukocyte() ? R.color.leukocyte : R.color.other;
            line.setColor(getResources().getColor(colour));
            canvas.drawPath(path(cell.polygon), line);
        }
    }

    private Path path(double[][] polygon) {
        Path path = new Path();
        for (int i = 0; i < polygon.length; i++) {
            float x = (float) polygon[i][0] * zoom;
            float y = (float) polygon[i][1] * zoom;
            if (i == 0) {
                path.moveTo(x, y);
            } else {
                path.lineTo(x, y);
            }
        }
        path.close();
        return path;
    }

    @Override
    public boolean onTouchEvent(MotionEvent event) {
        if (event.getAction() == MotionEvent.ACTION_UP && field != null) {
            float x = (event.getX() - left) / zoom;
            float y = (event.getY() - top) / zoom;
            for (Cell cell : field.cells) {
                if (x >= cell.box[0] && x < cell.box[2] && y >= cell.box[1] && y < cell.box[3]) {
                    performClick();
                    listener.touched(cell);
                    break;
                }
            }
        }
        return true;
    }
}
