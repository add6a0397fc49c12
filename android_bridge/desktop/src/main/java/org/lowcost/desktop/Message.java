package org.lowcost.desktop;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lowcost.json.Json;

/**
 * Named values and arrays, as they go to a stage and come back.
 *
 * <p>On the wire: the length of a JSON object as 4 bytes, big endian; the object with {@code values} by name and
 * {@code arrays} as a list of name, type ({@code u1 i1 i4 i8 f8}) and shape; then the arrays' elements, little endian.
 */
final class Message {
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final Map<String, Object> arrays = new LinkedHashMap<>();
    private final Map<String, int[]> shapes = new LinkedHashMap<>();

    /** Reads one message, null at the end of the stream. */
    static Message read(DataInputStream in) throws IOException {
        int length;
        try {
            length = in.readInt();
        } catch (EOFException end) {
            return null;
        }
        byte[] header = new byte[length];
        in.readFully(header);
        Map<String, Object> described = Json.object(Json.parse(header));
        Message message = new Message();
        message.values.putAll(Json.object(described.get("values")));
        for (Object item : Json.list(described.get("arrays"))) {
            List<Object> array = Json.list(item);
            List<Object> sizes = Json.list(array.get(2));
            int[] shape = new int[sizes.size()];
            int count = 1;
            for (int i = 0; i < shape.length; i++) {
                shape[i] = ((Long) sizes.get(i)).intValue();
                count *= shape[i];
            }
            message.put((String) array.get(0), elements(in, (String) array.get(1), count), shape);
        }
        return message;
    }

    void write(OutputStream out) throws IOException {
        List<Object> described = new ArrayList<>();
        List<byte[]> contents = new ArrayList<>();
        for (Map.Entry<String, Object> entry : arrays.entrySet()) {
            List<Object> array = new ArrayList<>();
            array.add(entry.getKey());
            array.add(type(entry.getValue()));
            List<Object> sizes = new ArrayList<>();
            for (int size : shapes.get(entry.getKey())) {
                sizes.add(size);
            }
            array.add(sizes);
            described.add(array);
            contents.add(bytes(entry.getValue()));
        }
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("values", values);
        message.put("arrays", described);
        byte[] header = Json.write(message).getBytes(StandardCharsets.US_ASCII);
        out.write(ByteBuffer.allocate(4).putInt(header.length).array());
        out.write(header);
        for (byte[] content : contents) {
            out.write(content);
        }
    }

    boolean has(String name) {
        return values.get(name) != null || arrays.containsKey(name);
    }

    String text(String name) {
        return (String) values.get(name);
    }

    int integer(String name) {
        return ((Long) values.get(name)).intValue();
    }

    double number(String name) {
        return ((Number) values.get(name)).doubleValue();
    }

    boolean flag(String name) {
        return (Boolean) values.get(name);
    }

    /** Any JSON value. */
    Object value(String name) {
        return values.get(name);
    }

    List<Object> list(String name) {
        return Json.list(values.get(name));
    }

    Map<String, Object> object(String name) {
        return Json.object(values.get(name));
    }

    byte[] bytes(String name) {
        return (byte[]) arrays.get(name);
    }

    int[] ints(String name) {
        return (int[]) arrays.get(name);
    }

    long[] longs(String name) {
        return (long[]) arrays.get(name);
    }

    double[] doubles(String name) {
        return (double[]) arrays.get(name);
    }

    int[] shape(String name) {
        return shapes.get(name);
    }

    /** Puts a value that JSON can hold; numbers that are not finite go in arrays. */
    void put(String name, Object value) {
        values.put(name, value);
    }

    /** Puts an array of bytes, ints, longs or doubles in row-major order; without a shape it has one dimension. */
    void array(String name, Object array, int... shape) {
        put(name, array, shape.length == 0 ? new int[] {java.lang.reflect.Array.getLength(array)} : shape);
    }

    private void put(String name, Object array, int[] shape) {
        arrays.put(name, array);
        shapes.put(name, shape);
    }

    private static String type(Object array) {
        return array instanceof byte[] ? "u1" : array instanceof int[] ? "i4" : array instanceof long[] ? "i8" : "f8";
    }

    private static Object elements(DataInputStream in, String type, int count) throws IOException {
        byte[] raw = new byte[count * Integer.parseInt(type.substring(1))];
        in.readFully(raw);
        ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        switch (type) {
            case "u1":
            case "i1":
                return raw;
            case "i4":
                int[] ints = new int[count];
                buffer.asIntBuffer().get(ints);
                return ints;
            case "i8":
                long[] longs = new long[count];
                buffer.asLongBuffer().get(longs);
                return longs;
            case "f8":
                double[] doubles = new double[count];
                buffer.asDoubleBuffer().get(doubles);
                return doubles;
            default:
                throw new IOException("no such type: " + type);
        }
    }

    private static byte[] bytes(Object array) {
        if (array instanceof byte[]) {
            return (byte[]) array;
        }
        int count = java.lang.reflect.Array.getLength(array);
        ByteBuffer buffer = ByteBuffer.allocate(count * (array instanceof int[] ? 4 : 8));
        buffer.order(ByteOrder.LITTLE_ENDIAN);
        if (array instanceof int[]) {
            buffer.asIntBuffer().put((int[]) array);
        } else if (array instanceof long[]) {
            buffer.asLongBuffer().put((long[]) array);
        } else {
            buffer.asDoubleBuffer().put((double[]) array);
        }
        return buffer.array();
    }
}
