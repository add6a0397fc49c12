package org.lowcost;

/** An analysis that was asked to stop ({@link Progress}). */
public final class CancelledException extends LowcostException {
    private static final long serialVersionUID = 1L;

    public CancelledException(String message) {
        super(message);
    }
}
