package org.lowcost;

/** An image or an argument that cannot be used. */
public class InputException extends LowcostException {
    private static final long serialVersionUID = 1L;

    public InputException(String message) {
        super(message);
    }

    public InputException(String message, Throwable cause) {
        super(message, cause);
    }
}
