package org.lowcost.sample;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import org.lowcost.json.Json;
import org.lowcost.json.JsonException;
import org.lowcost.json.JsonWriter;

/**
 * The review station of the laboratory ({@code lowcost serve}), as a phone speaks to it. Photographs are sent in pieces:
 * what a broken connection has brought stays there, and a photograph that the slide has already is not sent again. Plain
 * Java; every call waits for the network, so none belongs on the main thread.
 */
final class Station {
    /** Hears how much of a photograph is there; false stops the sending. */
    interface Progress {
        boolean sent(long bytes, long of);
    }

    private static final int PIECE = 1 << 18;
    private static final int PATIENCE_MS = 20_000;

    /** How often in a row a broken connection is tried again, after 1, 2, 4, ... seconds. */
    private static final int TRIES = 5;

    /** The station says no: its own sentence, made to be shown. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        Refused(String sentence) {
            super(sentence);
        }
    }

    private final String api;
    private final String token;

    /**
     * A station.
     *
     * @param address what `lowcost serve` prints, such as {@code http://192.168.1.20:8000}
     * @param token what its page for programs gave this phone
     * @throws MalformedURLException the address is none
     */
    Station(String address, String token) throws MalformedURLException {
        String trimmed = address.trim();
        URL url = new URL(trimmed.contains("://") ? trimmed : "http://" + trimmed);
        if (!url.getProtocol().startsWith("http") || url.getHost().isEmpty()) {
            throw new MalformedURLException(trimmed);
        }
        api = url.getProtocol() + "://" + url.getAuthority() + "/api/v1";
        this.token = token.trim();
    }

    /**
     * The slide of this name in the case of this pseudonym; both are made where there are none.
     *
     * @return its number
     */
    long slide(String pseudonym, String name) throws IOException {
        long of = found(Json.list(ask("GET", "/cases", null)), "pseudonym", pseudonym);
        if (of < 0) {
            of = id(ask("POST", "/cases", object("pseudonym", pseudonym)));
        }
        Map<String, Object> known = Json.object(ask("GET", "/cases/" + of, null));
        long number = found(Json.list(known.get("slides")), "name", name);
        return number >= 0 ? number : id(ask("POST", "/cases/" + of + "/slides", object("name", name)));
    }

    /**
     * Sends a photograph; when it returns true, the photograph is on the station's disk.
     *
     * @param slide number of its slide
     * @return false where the listener wanted no more
     */
    boolean send(long slide, File photograph, Progress progress) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(photograph, "r")) {
            String announced = new JsonWriter().beginObject()
                    .name("name").value(photograph.getName())
                    .name("size").value(file.length())
                    .name("sha256").value(digest(file))
                    .endObject().toString();
            Map<String, Object> upload = Json.object(ask("POST", "/slides/" + slide + "/uploads", bytes(announced)));
            String path = "/uploads/" + upload.get("id");
            int broken = 0;
            while (upload.get("field_id") == null) {
                if (!progress.sent(number(upload.get("received")), file.length())) {
                    return false;
                }
                try {
                    upload = Json.object(
                            broken == 0 ? ask("POST", path, piece(file, upload), upload) : ask("GET", path, null));
                    broken = 0;
                } catch (Refused no) {
                    throw no;
                } catch (IOException error) {
                    if (++broken > TRIES) {
                        throw error;
                    }
                    rest(500L << broken);
                }
            }
            return progress.sent(file.length(), file.length());
        }
    }

    /** The next bytes of a photograph that the station lacks. */
    private static byte[] piece(RandomAccessFile file, Map<String, Object> upload) throws IOException {
        long there = number(upload.get("received"));
        byte[] piece = new byte[(int) Math.min(PIECE, file.length() - there)];
        file.seek(there);
        file.readFully(piece);
        return piece;
    }

    private static void rest(long milliseconds) throws IOException {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    private Object ask(String method, String path, byte[] body) throws IOException {
        return ask(method, path, body, null);
    }

    /** One question; a body for an upload is its next piece, one for none is JSON. */
    private Object ask(String method, String path, byte[] body, Map<String, Object> upload) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(api + path).openConnection();
        connection.setConnectTimeout(PATIENCE_MS);
        connection.setReadTimeout(PATIENCE_MS);
        connection.setRequestMethod(method);
        connection.setInstanceFollowRedirects(false); // the token is for this station alone
        connection.setRequestProperty("Authorization", "Bearer " + token);
        try {
            if (body != null) {
                connection.setDoOutput(true);
                connection.setFixedLengthStreamingMode(body.length);
                if (upload == null) {
                    connection.setRequestProperty("Content-Type", "application/json");
                } else {
                    connection.setRequestProperty("Content-Type", "application/offset+octet-stream");
                    connection.setRequestProperty("Upload-Offset", upload.get("received").toString());
                }
                try (OutputStream to = connection.getOutputStream()) {
                    to.write(body);
                }
            }
            int code = connection.getResponseCode();
            boolean fine = code / 100 == 2;
            Object said = parsed(content(fine ? connection.getInputStream() : connection.getErrorStream()));
            if (fine && said != null) {
                return said;
            }
            Object why = said instanceof Map ? Json.object(said).get("detail") : null;
            throw new Refused(why instanceof String ? (String) why : "HTTP " + code);
        } finally {
            connection.disconnect();
        }
    }

    private static Object parsed(byte[] text) {
        try {
            return Json.parse(text);
        } catch (JsonException error) {
            return null; // something else than a station answers there
        }
    }

    private static byte[] content(InputStream stream) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        if (stream != null) {
            try (InputStream from = stream) {
                byte[] block = new byte[1 << 14];
                for (int count = from.read(block); count >= 0; count = from.read(block)) {
                    content.write(block, 0, count);
                }
            }
        }
        return content.toByteArray();
    }

    private static String digest(RandomAccessFile file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException error) {
            throw new AssertionError(error); // every Java has it
        }
        byte[] block = new byte[PIECE];
        for (int count = file.read(block); count >= 0; count = file.read(block)) {
            digest.update(block, 0, count);
        }
        StringBuilder text = new StringBuilder();
        for (byte value : digest.digest()) {
            text.append(Character.forDigit(value >> 4 & 15, 16)).append(Character.forDigit(value & 15, 16));
        }
        return text.toString();
    }

    private static long found(List<Object> entries, String key, String wanted) throws IOException {
        if (entries == null) {
            throw new Refused("JSON");
        }
        for (Object entry : entries) {
            if (wanted.equals(Json.object(entry).get(key))) {
                return id(entry);
            }
        }
        return -1;
    }

    private static long id(Object entry) throws IOException {
        return number(Json.object(entry) == null ? null : Json.object(entry).get("id"));
    }

    private static long number(Object value) throws IOException {
        if (!(value instanceof Number)) {
            throw new Refused("JSON"); // it speaks, but not as a station does
        }
        return ((Number) value).longValue();
    }

    private static byte[] object(String key, String value) {
        return bytes(new JsonWriter().beginObject().name(key).value(value).endObject().toString());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
