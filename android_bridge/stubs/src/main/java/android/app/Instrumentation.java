package android.app;

import android.content.Context;
import android.os.Bundle;

public class Instrumentation {
    public static final String REPORT_KEY_STREAMRESULT = "stream";

    public native Context getContext();

    public native Context getTargetContext();

    public native void sendStatus(int resultCode, Bundle results);
}
