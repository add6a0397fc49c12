package org.lowcost;

/** An input that could not be analysed; {@code lowcost.result.Failure}. */
public final class Failure {
    /** The input as the user named it. */
    public final String name;

    /** The sentence that says why. */
    public final String message;

    /** Joins a name and its sentence. */
    public Failure(String name, String message) {
        this.name = name;
        this.message = message;
    }
}
