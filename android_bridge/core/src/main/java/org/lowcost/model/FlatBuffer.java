package org.lowcost.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads FlatBuffers. Every place is checked against the size of the buffer, so a hostile file ends in an {@link
 * IndexOutOfBoundsException} at worst.
 */
final class FlatBuffer {
    /** The place of a table or of a vector that is absent. */
    static final int NONE = 0;

    private final ByteBuffer buffer;

    FlatBuffer(byte[] content) {
        buffer = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Returns the place of the root table. */
    int root() {
        return forward(0);
    }

    /** Returns whether four letters identify the file. */
    boolean identified(String letters) {
        for (int i = 0; i < 4; i++) {
            if (buffer.get(4 + i) != letters.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    byte byteAt(int table, int field, int otherwise) {
        int place = place(table, field);
        return place == NONE ? (byte) otherwise : buffer.get(place);
    }

    int intAt(int table, int field, int otherwise) {
        int place = place(table, field);
        return place == NONE ? otherwise : buffer.getInt(place);
    }

    /** Returns the place of a table within a table, {@link #NONE} where there is none. */
    int tableAt(int table, int field) {
        int place = place(table, field);
        return place == NONE ? NONE : forward(place);
    }

    /** Returns the place of a vector within a table, {@link #NONE} where there is none. */
    int vectorAt(int table, int field) {
        return tableAt(table, field);
    }

    /** Returns the number of elements of a vector, of whose bytes each has some. */
    int count(int vector, int size) {
        if (vector == NONE) {
            return 0;
        }
        int count = buffer.getInt(vector);
        if (count < 0 || count > (buffer.capacity() - vector - 4) / size) {
            throw new IndexOutOfBoundsException("a vector of " + count);
        }
        return count;
    }

    /** Returns the place of a table in a vector of tables. */
    int table(int vector, int index) {
        if (index < 0 || index >= count(vector, 4)) {
            throw new IndexOutOfBoundsException("entry " + index);
        }
        return forward(vector + 4 + 4 * index);
    }

    /** Returns the place of an element's first byte. */
    int element(int vector, int index, int size) {
        return vector + 4 + size * index;
    }

    int[] ints(int vector) {
        int[] found = new int[count(vector, 4)];
        for (int i = 0; i < found.length; i++) {
            found[i] = buffer.getInt(element(vector, i, 4));
        }
        return found;
    }

    long[] longs(int vector) {
        long[] found = new long[count(vector, 8)];
        for (int i = 0; i < found.length; i++) {
            found[i] = buffer.getLong(element(vector, i, 8));
        }
        return found;
    }

    float[] floats(int vector) {
        float[] found = new float[count(vector, 4)];
        for (int i = 0; i < found.length; i++) {
            found[i] = buffer.getFloat(element(vector, i, 4));
        }
        return found;
    }

    byte get(int place) {
        return buffer.get(place);
    }

    int getInt(int place) {
        return buffer.getInt(place);
    }

    /** Where a field of a table lies, {@link #NONE} where it is left out. */
    private int place(int table, int field) {
        long fields = (long) table - buffer.getInt(table);
        if (fields < 0 || fields > buffer.capacity() - 4) {
            throw new IndexOutOfBoundsException("fields at " + fields);
        }
        int offset = 4 + 2 * field;
        int size = buffer.getShort((int) fields) & 0xffff;
        int found = offset + 2 > size ? 0 : buffer.getShort((int) fields + offset) & 0xffff;
        return found == 0 ? NONE : table + found;
    }

    private int forward(int place) {
        long found = place + (buffer.getInt(place) & 0xffffffffL);
        if (found <= place || found > buffer.capacity() - 4) {
            throw new IndexOutOfBoundsException("reference to " + found);
        }
        return (int) found;
    }
}
