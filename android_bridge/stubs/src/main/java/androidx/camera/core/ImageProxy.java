package androidx.camera.core;

import java.nio.ByteBuffer;

public interface ImageProxy extends AutoCloseable {
    interface PlaneProxy {
        ByteBuffer getBuffer();

        int getRowStride();

        int getPixelStride();
    }

    @Override
    void close();

    int getWidth();

    int getHeight();

    PlaneProxy[] getPlanes();
}
