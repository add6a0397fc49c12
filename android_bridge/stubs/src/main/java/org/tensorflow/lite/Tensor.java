package org.tensorflow.lite;

public interface Tensor {
    class QuantizationParams {
        public float getScale() {
            throw new UnsupportedOperationException();
        }
    }

    int[] shape();

    int numBytes();

    int numElements();

    QuantizationParams quantizationParams();
}
