package androidx.camera.core;

public class ImageCaptureException extends Exception {
    private static final long serialVersionUID = 1L;
}
