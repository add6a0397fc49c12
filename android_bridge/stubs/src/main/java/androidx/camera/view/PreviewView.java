package androidx.camera.view;

import android.content.Context;
import android.util.AttributeSet;
import android.view.View;
import androidx.camera.core.Preview;

public class PreviewView extends View {
    public PreviewView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    public final native Preview.SurfaceProvider getSurfaceProvider();
}
