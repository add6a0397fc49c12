package org.lowcost.model;

import java.util.Arrays;
import org.lowcost.BundleException;

/** What a {@code .tflite} file holds: tensors and operators, every one checked to be what {@link TfLite} can run. */
final class TfLiteFile {
    private static final int CONV_2D = 3;
    private static final int DEPTHWISE_CONV_2D = 4;
    private static final int FULLY_CONNECTED = 9;
    private static final int PAD = 34;
    private static final int MEAN = 40;
    private static final int QUANTIZE = 114;

    private static final int RELU = 1;
    private static final int RELU6 = 3;

    /** What a network may take at most: beyond it the file is damaged, or not for small computers. */
    private static final int MOST_PARTS = 1000;

    private static final int MOST_VALUES = 1 << 21;
    private static final long MOST_COST = 1L << 30;
    private static final int LARGEST_STEP = 4;
    /** A value less its zero point lies within this. */
    private static final int LARGEST_VALUE = 255;

    final Tensor[] tensors;
    /** In the order in which they run. */
    final Operator[] operators;
    /** Index of the tensor that is put in. */
    final int input;
    /** Indices of the tensors that come out. */
    final int[] outputs;

    private final FlatBuffer file;
    private final int buffers;
    /** Weights that operators have copied so far; many may share one tensor of the file. */
    private long copied;

    /**
     * Reads a file.
     *
     * @throws BundleException it is damaged, or needs what is not known here
     */
    TfLiteFile(byte[] content) {
        file = new FlatBuffer(content);
        try {
            check(file.identified("TFL3"), "it is no TensorFlow Lite file");
            int model = file.root();
            int graphs = file.vectorAt(model, 2);
            check(file.count(graphs, 4) == 1, "it has not one graph");
            int graph = file.table(graphs, 0);
            buffers = file.vectorAt(model, 4);
            tensors = tensors(file.vectorAt(graph, 0));
            input = graphInput(file.ints(file.vectorAt(graph, 1)));
            boolean[] made = new boolean[tensors.length];
            made[input] = true;
            operators = operators(file.vectorAt(model, 1), file.vectorAt(graph, 3), made);
            outputs = graphOutputs(file.ints(file.vectorAt(graph, 2)), made);
        } catch (IndexOutOfBoundsException error) {
            throw new BundleException.Damaged(sentence("it is damaged or cut short"), error);
        }
    }

    private Tensor[] tensors(int vector) {
        int count = file.count(vector, 4);
        check(count <= MOST_PARTS, "it has " + count + " tensors");
        Tensor[] found = new Tensor[count];
        long total = 0;
        for (int i = 0; i < count; i++) {
            found[i] = tensor(file.table(vector, i));
            total += found[i].size;
            check(total <= MOST_VALUES, "it needs more memory than small computers have");
        }
        return found;
    }

    private Tensor tensor(int table) {
        Tensor tensor = new Tensor();
        tensor.shape = file.ints(file.vectorAt(table, 0));
        check(tensor.shape.length >= 1 && tensor.shape.length <= 4, "a tensor has " + tensor.shape.length + " axes");
        long size = 1;
        for (int axis : tensor.shape) {
            check(axis >= 1 && axis <= MOST_VALUES, "an axis has " + axis + " values");
            size *= axis;
            check(size <= MOST_VALUES, "a tensor is too large");
        }
        tensor.size = (int) size;
        tensor.type = file.byteAt(table, 1, 0);
        tensor.data = data(file.intAt(table, 2, 0));
        int quantization = file.tableAt(table, 4);
        tensor.scales = quantization == FlatBuffer.NONE ? new float[0] : file.floats(file.vectorAt(quantization, 2));
        tensor.zeroPoints = quantization == FlatBuffer.NONE ? new long[0] : file.longs(file.vectorAt(quantization, 3));
        boolean matching = tensor.scales.length == tensor.zeroPoints.length && tensor.scales.length <= tensor.size;
        check(matching, "scales and zero points do not match");
        for (int i = 0; i < tensor.scales.length; i++) {
            float scale = tensor.scales[i];
            check(scale > 0 && scale <= Float.MAX_VALUE, "a scale is " + scale);
            long zero = tensor.zeroPoints[i];
            check(zero >= -128 && zero <= 255, "a zero point is " + zero);
        }
        return tensor;
    }

    /** The bytes of a buffer as a vector, {@link FlatBuffer#NONE} where it holds none. */
    private int data(int buffer) {
        int vector = file.vectorAt(file.table(buffers, buffer), 0);
        return file.count(vector, 1) == 0 ? FlatBuffer.NONE : vector;
    }

    private int graphInput(int[] inputs) {
        check(inputs.length == 1, "it has " + inputs.length + " inputs");
        Tensor first = tensor(inputs, 0);
        boolean picture = first.type == Tensor.UINT8 && first.shape.length == 4 && first.shape[0] == 1;
        check(picture, "its input is no single picture");
        checkActivation(first);
        return inputs[0];
    }

    private int[] graphOutputs(int[] found, boolean[] made) {
        check(found.length >= 1 && found.length <= MOST_PARTS, "it has " + found.length + " outputs");
        for (int output : found) {
            check(made[output] && output != input, "nothing makes one of its outputs");
        }
        return found;
    }

    /** Reads the operators, of which each must read what is {@code made} by then and write what nobody else does. */
    private Operator[] operators(int codes, int vector, boolean[] made) {
        int count = file.count(vector, 4);
        check(count <= MOST_PARTS, "it has " + count + " operators");
        Operator[] found = new Operator[count];
        long cost = 0;
        for (int i = 0; i < count; i++) {
            int table = file.table(vector, i);
            int code = file.table(codes, file.intAt(table, 0, 0));
            int kind = Math.max(file.byteAt(code, 0, 0), file.intAt(code, 3, 0));
            found[i] = operator(kind, table);
            check(made[found[i].input] && !made[found[i].output], "its operators are out of order");
            made[found[i].output] = true;
            cost += found[i].cost();
            check(cost <= MOST_COST, "it takes more time than small computers have");
            check(found[i].room() <= MOST_VALUES, "it needs more memory than small computers have");
        }
        return found;
    }

    private Operator operator(int kind, int table) {
        int[] in = file.ints(file.vectorAt(table, 1));
        int[] out = file.ints(file.vectorAt(table, 2));
        int options = file.tableAt(table, 4);
        check(in.length >= 1 && out.length == 1, "an operator has " + in.length + " inputs");
        Tensor from = tensor(in, 0);
        Tensor to = tensor(out, 0);
        checkActivation(from);
        checkActivation(to);
        check(to.type == Tensor.INT8, "a result is not int8");
        switch (kind) {
            case QUANTIZE:
                check(Arrays.equals(from.shape, to.shape) && from.scales[0] == to.scales[0], "QUANTIZE changes the scale");
                return new Quantize(in[0], out[0], from.size / from.last());
            case PAD:
                return pad(in, out[0]);
            case CONV_2D:
                return convolution(in, out[0], options);
            case DEPTHWISE_CONV_2D:
                return depthwise(in, out[0], options);
            case MEAN:
                return mean(in, out[0]);
            case FULLY_CONNECTED:
                return fullyConnected(in, out[0], options);
            default:
                throw new BundleException(sentence("operator " + kind + " is not known"));
        }
    }

    private Operator pad(int[] in, int out) {
        Tensor from = tensor(in, 0);
        Tensor to = tensors[out];
        check(in.length == 2 && from.shape.length == 4 && to.shape.length == 4, "PAD is not of a picture");
        check(from.scales[0] == to.scales[0] && from.zeroPoint() == to.zeroPoint(), "PAD changes the scale");
        Tensor margins = tensor(in, 1);
        check(margins.type == Tensor.INT32 && margins.size == 8, "PAD has not two margins for each axis");
        int[] found = int32(margins);
        for (int axis = 0; axis < 4; axis++) {
            int before = found[2 * axis];
            int after = found[2 * axis + 1];
            check(before >= 0 && after >= 0, "PAD takes away");
            check((long) from.shape[axis] + before + after == to.shape[axis], "PAD gives another size");
        }
        check(to.shape[0] == 1 && to.last() == from.last(), "PAD is not of rows and columns");
        return new Pad(in[0], out, from.shape, found[2], found[4], to.shape[2]);
    }

    private Operator convolution(int[] in, int out, int options) {
        Tensor from = tensor(in, 0);
        Tensor to = tensors[out];
        Tensor weights = weights(in, 4);
        check(from.shape.length == 4 && to.shape.length == 4, "CONV_2D is not of pictures");
        check(weights.shape[3] == from.last() && weights.shape[0] == to.last(), "CONV_2D does not fit");
        check(options != FlatBuffer.NONE, "CONV_2D has no options");
        Window window = window(from, weights, options, file.intAt(options, 4, 1), file.intAt(options, 5, 1));
        checkSize(to, window, "CONV_2D");
        return new Convolution(in[0], out, window, values(weights), bias(in, to.last(), weights),
                requantization(from, weights, to, file.byteAt(options, 3, 0)));
    }

    private Operator depthwise(int[] in, int out, int options) {
        Tensor from = tensor(in, 0);
        Tensor to = tensors[out];
        Tensor weights = weights(in, 4);
        check(from.shape.length == 4 && to.shape.length == 4, "DEPTHWISE_CONV_2D is not of pictures");
        boolean fits = weights.shape[0] == 1 && weights.last() == from.last() && to.last() == from.last();
        check(fits && options != FlatBuffer.NONE, "DEPTHWISE_CONV_2D does not fit");
        check(file.intAt(options, 3, 0) == 1, "DEPTHWISE_CONV_2D multiplies channels");
        Window window = window(from, weights, options, file.intAt(options, 5, 1), file.intAt(options, 6, 1));
        checkSize(to, window, "DEPTHWISE_CONV_2D");
        return new DepthwiseConvolution(in[0], out, window, values(weights), bias(in, to.last(), weights),
                requantization(from, weights, to, file.byteAt(options, 4, 0)));
    }

    private Operator fullyConnected(int[] in, int out, int options) {
        Tensor from = tensor(in, 0);
        Tensor to = tensors[out];
        Tensor weights = weights(in, 2);
        check(weights.shape[0] == to.size && weights.shape[1] == from.size, "FULLY_CONNECTED does not fit");
        int activation = options == FlatBuffer.NONE ? 0 : file.byteAt(options, 0, 0);
        check(options == FlatBuffer.NONE || file.byteAt(options, 1, 0) == 0, "FULLY_CONNECTED has shuffled weights");
        Window window = new Window(new int[] {1, 1, 1, from.size}, 1, 1, 1, 1, false);
        return new Convolution(in[0], out, window, values(weights), bias(in, to.size, weights),
                requantization(from, weights, to, activation));
    }

    private Operator mean(int[] in, int out) {
        Tensor from = tensor(in, 0);
        Tensor to = tensors[out];
        check(in.length == 2 && from.shape.length == 4 && from.shape[0] == 1, "MEAN is not of a picture");
        Tensor axes = tensor(in, 1);
        check(axes.type == Tensor.INT32 && axes.size == 2, "MEAN is not over rows and columns");
        int[] named = int32(axes);
        check(named[0] == 1 && named[1] == 2 && to.size == from.last(), "MEAN is not over rows and columns");
        int pixels = from.shape[1] * from.shape[2];
        check((long) pixels * LARGEST_VALUE <= Products.LARGEST, "MEAN is over too many px");
        float ratio = from.scales[0] / to.scales[0];
        return new Mean(in[0], out, pixels, ratio, from.zeroPoint(), to.zeroPoint());
    }

    private Window window(Tensor from, Tensor weights, int options, int dilationX, int dilationY) {
        int padding = file.byteAt(options, 0, 0);
        int stepX = file.intAt(options, 1, 0);
        int stepY = file.intAt(options, 2, 0);
        int rows = weights.shape[1];
        int columns = weights.shape[2];
        check(padding == 0 || padding == 1, "a convolution is padded in an unknown way");
        check(stepX >= 1 && stepX <= LARGEST_STEP && stepY >= 1 && stepY <= LARGEST_STEP, "a convolution has no possible step");
        check(dilationX == 1 && dilationY == 1, "a convolution is dilated");
        check(rows <= from.shape[1] && columns <= from.shape[2], "a kernel is larger than its picture");
        return new Window(from.shape, rows, columns, stepY, stepX, padding == 0);
    }

    private void checkSize(Tensor to, Window window, String what) {
        check(to.shape[0] == 1 && to.shape[1] == window.outRows && to.shape[2] == window.outColumns,
                what + " gives another size");
    }

    private Tensor weights(int[] in, int axes) {
        Tensor weights = tensor(in, 1);
        check(weights.type == Tensor.INT8 && weights.shape.length == axes, "weights are not int8");
        for (long zero : weights.zeroPoints) {
            check(zero == 0, "weights have a zero point");
        }
        return weights;
    }

    private float[] values(Tensor tensor) {
        check(tensor.data != FlatBuffer.NONE && file.count(tensor.data, 1) == tensor.size, "weights are missing");
        copied += tensor.size;
        check(copied <= MOST_VALUES, "it needs more memory than small computers have");
        float[] found = new float[tensor.size];
        for (int i = 0; i < found.length; i++) {
            found[i] = file.get(file.element(tensor.data, i, 1));
        }
        return found;
    }

    private int[] int32(Tensor tensor) {
        check(tensor.data != FlatBuffer.NONE && file.count(tensor.data, 1) == 4 * tensor.size, "values are missing");
        int[] found = new int[tensor.size];
        for (int i = 0; i < found.length; i++) {
            found[i] = file.getInt(file.element(tensor.data, i, 4));
        }
        return found;
    }

    /** The bias of each channel; with the weights it must keep sums within what is exact. */
    private int[] bias(int[] in, int channels, Tensor weights) {
        check(in.length == 3, "a convolution has no bias");
        Tensor bias = tensor(in, 2);
        check(bias.type == Tensor.INT32 && bias.size == channels, "a bias does not fit");
        int[] found = int32(bias);
        long inputs = weights.size / channels;
        for (int value : found) {
            check(Math.abs((long) value) + 128 * LARGEST_VALUE * inputs <= Products.LARGEST, "its sums are too large");
        }
        return found;
    }

    private Requantization requantization(Tensor from, Tensor weights, Tensor to, int activation) {
        int channels = to.last();
        check(weights.scales.length == channels || weights.scales.length == 1, "weights have no scale for each channel");
        float[] scales = new float[channels];
        for (int c = 0; c < channels; c++) {
            float own = weights.scales[weights.scales.length == 1 ? 0 : c];
            scales[c] = from.scales[0] * own / to.scales[0];
        }
        int zero = to.zeroPoint();
        check(activation == 0 || activation == RELU || activation == RELU6, "an activation is not known");
        int low = activation == 0 ? -128 - zero : Math.max(-128 - zero, 0);
        int high = 127 - zero;
        if (activation == RELU6) {
            high = Math.min(high, Math.round(6.0f / to.scales[0]));
        }
        return new Requantization(scales, low, high);
    }

    private void checkActivation(Tensor tensor) {
        boolean known = (tensor.type == Tensor.INT8 || tensor.type == Tensor.UINT8) && tensor.scales.length == 1;
        check(known && tensor.data == FlatBuffer.NONE && tensor.shape[0] == 1, "values are not int8 with one scale");
        int zero = tensor.zeroPoint();
        check(zero >= tensor.least() && zero <= tensor.least() + 255, "a zero point is " + zero);
    }

    private Tensor tensor(int[] indices, int position) {
        check(position < indices.length, "an operator lacks an input");
        return tensors[indices[position]]; // any index beyond the array is caught as damage
    }

    private static void check(boolean holds, String fault) {
        if (!holds) {
            throw new BundleException.Damaged(sentence(fault));
        }
    }

    private static String sentence(String fault) {
        return "the bundle's network cannot be used (" + fault + "): use the bundle made for this version of lowcost";
    }
}
