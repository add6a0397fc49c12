package androidx.camera.core;

public final class Preview extends UseCase {
    public static final class Builder {
        public native Preview build();
    }

    public interface SurfaceProvider {}

    public native void setSurfaceProvider(SurfaceProvider provider);
}
