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

    /** An image has too few pixels. */
    public static final class TooSmall extends InputException {
        private static final long serialVersionUID = 1L;

        public TooSmall(String message) {
            super(message);
        }
    }

    /** An image has too many pixels. */
    public static final class TooLarge extends InputException {
        private static final long serialVersionUID = 1L;

        public TooLarge(String message) {
            super(message);
        }
    }
}
