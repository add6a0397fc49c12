package android.widget;

import android.content.Context;
import android.util.AttributeSet;
import android.view.View;
import android.view.ViewGroup;

public abstract class AdapterView<T extends Adapter> extends ViewGroup {
    public interface OnItemClickListener {
        void onItemClick(AdapterView<?> parent, View view, int position, long id);
    }

    public AdapterView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    public native void setOnItemClickListener(OnItemClickListener listener);
}
