package org.lowcost.json;

/** A text that is no JSON, or more of it than is read. */
public final class JsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    JsonException(String message) {
        super(message);
    }
}
