package org.lowcost.android;

import org.lowcost.InputException;

/**
 * A photograph that cannot be used; what is thrown is one of the nested classes, or {@link InputException.TooSmall} or
 * {@link InputException.TooLarge}.
 */
public abstract class PhotographException extends InputException {
    private static final long serialVersionUID = 1L;

    private PhotographException(String message, Throwable cause) {
        super(message, cause);
    }

    /** There is no bitmap: {@code null} was given. */
    public static final class Missing extends PhotographException {
        private static final long serialVersionUID = 1L;

        Missing(String name) {
            super(name + " is null: check what the camera or the decoder returned before analysing it", null);
        }
    }

    /** The bitmap's pixels are gone. */
    public static final class Recycled extends PhotographException {
        private static final long serialVersionUID = 1L;

        Recycled(String name) {
            super(name + " was recycled: analyse a bitmap before calling recycle() on it", null);
        }
    }

    /** The bitmap's configuration keeps fewer colours than the photograph had: cells would be measured wrongly. */
    public static final class TooFewColours extends PhotographException {
        private static final long serialVersionUID = 1L;

        TooFewColours(String name, String config) {
            super(name + " has the configuration " + config + ", which has lost colours: decode it with"
                    + " inPreferredConfig ARGB_8888", null);
        }
    }

    /** The pixels cannot be copied from where they lie, for example those of a hardware bitmap. */
    public static final class Unreadable extends PhotographException {
        private static final long serialVersionUID = 1L;

        Unreadable(String name, String config) {
            super(name + " has the configuration " + config + " and cannot be copied to ARGB_8888: decode it with"
                    + " inPreferredConfig ARGB_8888", null);
        }
    }

    /** The file cannot be opened, or is no photograph that Android decodes. */
    public static final class Undecodable extends PhotographException {
        private static final long serialVersionUID = 1L;

        Undecodable(String name, Throwable cause) {
            super(name + " cannot be opened or decoded" + (cause == null ? "" : " (" + cause.getMessage() + ")")
                    + ": give a JPEG or PNG file that is whole", cause);
        }
    }

    /** The app's heap is too small for it. */
    public static final class NotEnoughMemory extends PhotographException {
        private static final long serialVersionUID = 1L;

        NotEnoughMemory(String name, int width, int height, long needed, long heap) {
            super(name + " has " + width + " x " + height + " px, which takes about " + (needed >> 20)
                    + " MB of heap, and the app has " + (heap >> 20) + " MB: set android:largeHeap, photograph at a"
                    + " lower resolution, or cut it into fields", null);
        }
    }
}
