package org.lowcost.sample;

import java.io.File;
import java.io.IOException;

/** Sends files to a station as the app does: address, token, case, slide, after how many bytes to stop, files. */
public final class StationDriver {
    public static void main(String[] arguments) throws IOException {
        try {
            Station station = new Station(arguments[0], arguments[1]);
            long slide = station.slide(arguments[2], arguments[3]);
            long most = Long.parseLong(arguments[4]);
            for (int i = 5; i < arguments.length; i++) {
                long[] there = {0};
                boolean whole = station.send(slide, new File(arguments[i]), (bytes, of) -> {
                    there[0] = bytes;
                    return bytes < most;
                });
                System.out.println(slide + " " + whole + " " + there[0]);
            }
        } catch (Station.Refused no) {
            System.out.println("refused: " + no.getMessage());
        }
    }
}
