package org.lowcost.json;

import java.util.Map;

/** Writes JSON piece by piece on one line of ASCII, as Python's {@code json.dumps} does by default. */
public final class JsonWriter {
    private final StringBuilder text = new StringBuilder();
    /** Whether a comma must come before the next entry. */
    private boolean follows;

    /** Begins a table. */
    public JsonWriter beginObject() {
        return begin('{');
    }

    /** Ends a table. */
    public JsonWriter endObject() {
        return end('}');
    }

    /** Begins a list. */
    public JsonWriter beginList() {
        return begin('[');
    }

    /** Ends a list. */
    public JsonWriter endList() {
        return end(']');
    }

    /** Writes the name of the value that comes next in a table. */
    public JsonWriter name(String name) {
        value(name);
        text.append(": ");
        follows = false;
        return this;
    }

    /** Writes an integer. */
    public JsonWriter value(long value) {
        return raw(Long.toString(value));
    }

    /**
     * Writes a number.
     *
     * @throws IllegalArgumentException it is not finite
     */
    public JsonWriter value(double value) {
        return raw(Numbers.repr(value));
    }

    /** Writes a truth value. */
    public JsonWriter value(boolean value) {
        return raw(value ? "true" : "false");
    }

    /** Writes a text. */
    public JsonWriter value(String value) {
        separate();
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            character(value.charAt(i));
        }
        text.append('"');
        return this;
    }

    /**
     * Writes any value that {@link Json#parse} can give.
     *
     * @throws IllegalArgumentException it is of another class, or a number that is not finite
     */
    public JsonWriter value(Object value) {
        if (value == null) {
            return raw("null");
        }
        if (value instanceof String) {
            return value((String) value);
        }
        if (value instanceof Boolean) {
            return value(((Boolean) value).booleanValue());
        }
        if (value instanceof Long || value instanceof Integer) {
            return value(((Number) value).longValue());
        }
        if (value instanceof Double) {
            return value(((Double) value).doubleValue());
        }
        if (value instanceof Iterable) {
            beginList();
            for (Object item : (Iterable<?>) value) {
                value(item);
            }
            return endList();
        }
        if (value instanceof Map) {
            beginObject();
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                name((String) entry.getKey()).value(entry.getValue());
            }
            return endObject();
        }
        throw new IllegalArgumentException("no JSON value: " + value.getClass());
    }

    /** Returns what was written. */
    @Override
    public String toString() {
        return text.toString();
    }

    private void character(char value) {
        switch (value) {
            case '"':
            case '\\':
                text.append('\\').append(value);
                break;
            case '\b':
                text.append("\\b");
                break;
            case '\f':
                text.append("\\f");
                break;
            case '\n':
                text.append("\\n");
                break;
            case '\r':
                text.append("\\r");
                break;
            case '\t':
                text.append("\\t");
                break;
            default:
                if (value >= ' ' && value <= '~') {
                    text.append(value);
                } else {
                    text.append("\\u");
                    for (int shift = 12; shift >= 0; shift -= 4) {
                        text.append(Character.forDigit(value >> shift & 15, 16));
                    }
                }
        }
    }

    private JsonWriter begin(char bracket) {
        separate();
        text.append(bracket);
        follows = false;
        return this;
    }

    private JsonWriter end(char bracket) {
        text.append(bracket);
        follows = true;
        return this;
    }

    private JsonWriter raw(String value) {
        separate();
        text.append(value);
        return this;
    }

    private void separate() {
        if (follows) {
            text.append(", ");
        }
        follows = true;
    }
}
