package org.lowcost.json;

import java.util.List;
import java.util.Map;

/**
 * JSON as Python's {@code json} reads and writes it, byte for byte.
 *
 * <p>Values are {@link Map} (in order), {@link List}, {@link String}, {@link Long}, {@link Double}, {@link Boolean} and
 * null.
 */
public final class Json {
    private Json() {}

    /**
     * Reads one value.
     *
     * @param text UTF-8
     * @return the value
     * @throws JsonException it is not strictly JSON, nested deeper than 64 levels, or holds an integer beyond 64 bit
     */
    public static Object parse(byte[] text) {
        return new JsonReader(text).document();
    }

    /** Writes a value on one line of ASCII. */
    public static String write(Object value) {
        return new JsonWriter().value(value).toString();
    }

    /** Returns a value as a table, null where it is none. */
    @SuppressWarnings("unchecked") // the reader makes no other maps
    public static Map<String, Object> object(Object value) {
        return value instanceof Map ? (Map<String, Object>) value : null;
    }

    /** Returns a value as a list, null where it is none. */
    @SuppressWarnings("unchecked") // the reader makes no other lists
    public static List<Object> list(Object value) {
        return value instanceof List ? (List<Object>) value : null;
    }
}
