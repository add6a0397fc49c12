package org.lowcost;

/** A model bundle that cannot be used; what is thrown is one of its nested classes where the fault has a name. */
public class BundleException extends LowcostException {
    private static final long serialVersionUID = 1L;

    public BundleException(String message) {
        super(message);
    }

    public BundleException(String message, Throwable cause) {
        super(message, cause);
    }

    /** There is no bundle, or one of its files is not there. */
    public static final class Missing extends BundleException {
        private static final long serialVersionUID = 1L;

        public Missing(String message) {
            super(message);
        }
    }

    /** A file cannot be read or understood: damaged or cut short. */
    public static final class Damaged extends BundleException {
        private static final long serialVersionUID = 1L;

        public Damaged(String message) {
            super(message);
        }

        public Damaged(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** A file was changed since the bundle was sealed. */
    public static final class TamperedWith extends BundleException {
        private static final long serialVersionUID = 1L;

        public TamperedWith(String message) {
            super(message);
        }
    }

    /** The bundle is of a format that this version does not read. */
    public static final class OtherFormat extends BundleException {
        private static final long serialVersionUID = 1L;

        public OtherFormat(String message) {
            super(message);
        }
    }
}
