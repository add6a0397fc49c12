package org.lowcost.model;

/** One tensor of a network: constant where it has data, else filled by an operator. */
final class Tensor {
    /** Types. */
    static final int INT32 = 2;

    static final int UINT8 = 3;
    static final int INT8 = 9;

    int[] shape;
    /** Number of values. */
    int size;
    int type;
    /** Its bytes as a vector of the file, {@link FlatBuffer#NONE} where an operator fills it. */
    int data;
    float[] scales;
    long[] zeroPoints;

    int zeroPoint() {
        return (int) zeroPoints[0];
    }

    int least() {
        return type == UINT8 ? 0 : -128;
    }

    int last() {
        return shape[shape.length - 1];
    }

    float[][] planes() {
        return new float[last()][size / last()];
    }
}
