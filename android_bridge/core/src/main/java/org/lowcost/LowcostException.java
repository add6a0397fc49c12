package org.lowcost;

/** Base of every error that is raised on purpose; its text is one sentence, meant to be shown as it is. */
public class LowcostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LowcostException(String message) {
        super(message);
    }

    public LowcostException(String message, Throwable cause) {
        super(message, cause);
    }
}
