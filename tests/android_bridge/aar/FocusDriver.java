package org.lowcost.sample;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Paths;

/** Prints focus and light of files that hold a plane of luminance, rows of a given width after each other. */
public final class FocusDriver {
    public static void main(String[] arguments) throws Exception {
        int width = Integer.parseInt(arguments[0]);
        for (int i = 1; i < arguments.length; i++) {
            ByteBuffer plane = ByteBuffer.wrap(Files.readAllBytes(Paths.get(arguments[i])));
            LiveCheck found = LiveCheck.of(plane, width, plane.capacity() / width, width, 1);
            System.out.println(found.focus + " " + found.light);
        }
    }
}
