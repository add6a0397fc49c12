package android.widget;

import android.content.Context;
import android.util.AttributeSet;

public class GridView extends AdapterView<ListAdapter> {
    public GridView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    public native void setAdapter(ListAdapter adapter);
}
