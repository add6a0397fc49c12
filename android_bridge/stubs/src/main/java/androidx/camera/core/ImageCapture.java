package androidx.camera.core;

import java.io.File;
import java.util.concurrent.Executor;

public final class ImageCapture extends UseCase {
    public static final int CAPTURE_MODE_MAXIMIZE_QUALITY = 0;

    public static final class Builder {
        public native Builder setCaptureMode(int mode);

        public native Builder setJpegQuality(int quality);

        public native ImageCapture build();
    }

    public static final class OutputFileOptions {
        public static final class Builder {
            public Builder(File file) {}

            public native OutputFileOptions build();
        }
    }

    public static class OutputFileResults {}

    public interface OnImageSavedCallback {
        void onImageSaved(OutputFileResults results);

        void onError(ImageCaptureException error);
    }

    public native void takePicture(OutputFileOptions options, Executor executor, OnImageSavedCallback callback);
}
