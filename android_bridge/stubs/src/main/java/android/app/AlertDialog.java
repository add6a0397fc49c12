package android.app;

import android.content.Context;
import android.content.DialogInterface;

public class AlertDialog {
    public static class Builder {
        public Builder(Context context) {}

        public native Builder setTitle(CharSequence title);

        public native Builder setMessage(CharSequence message);

        public native Builder setPositiveButton(int text, DialogInterface.OnClickListener listener);

        public native AlertDialog show();
    }
}
