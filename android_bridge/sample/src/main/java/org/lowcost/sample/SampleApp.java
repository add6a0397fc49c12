package org.lowcost.sample;

import android.app.Application;

/** Holds what outlives a screen that is turned or left: the slide, and the thread that works on it. */
public final class SampleApp extends Application {
    private Slide slide;

    @Override
    public void onCreate() {
        super.onCreate();
        slide = new Slide(this);
    }

    Slide slide() {
        return slide;
    }
}
