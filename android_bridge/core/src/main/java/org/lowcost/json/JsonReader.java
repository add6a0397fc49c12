package org.lowcost.json;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A strict reader. What it makes is never much larger than the text: nothing is allocated by what the text claims. */
final class JsonReader {
    private static final int DEEPEST = 64;

    private final String text;
    private int at;
    private int depth;

    JsonReader(byte[] raw) {
        try {
            text = Charset.forName("UTF-8").newDecoder().decode(ByteBuffer.wrap(raw)).toString();
        } catch (CharacterCodingException error) {
            throw new JsonException("not UTF-8");
        }
    }

    Object document() {
        Object value = value();
        space();
        if (at < text.length()) {
            throw unexpected();
        }
        return value;
    }

    private Object value() {
        space();
        switch (peek()) {
            case '{':
                return object();
            case '[':
                return list();
            case '"':
                return string();
            case 't':
                return word("true", Boolean.TRUE);
            case 'f':
                return word("false", Boolean.FALSE);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Map<String, Object> object() {
        Map<String, Object> found = new LinkedHashMap<>();
        deeper();
        at++;
        space();
        if (peek() == '}') {
            at++;
        } else {
            do {
                space();
                if (peek() != '"') {
                    throw unexpected();
                }
                String name = string();
                space();
                expect(':');
                found.put(name, value());
                space();
            } while (more('}'));
        }
        depth--;
        return found;
    }

    private List<Object> list() {
        List<Object> found = new ArrayList<>();
        deeper();
        at++;
        space();
        if (peek() == ']') {
            at++;
        } else {
            do {
                found.add(value());
                space();
            } while (more(']'));
        }
        depth--;
        return found;
    }

    private void deeper() {
        depth++;
        if (depth > DEEPEST) {
            throw new JsonException("nested deeper than " + DEEPEST + " levels at " + at);
        }
    }

    /** Steps over a comma, after which another entry must follow, or over the end. */
    private boolean more(char end) {
        char found = peek();
        if (found != ',' && found != end) {
            throw unexpected();
        }
        at++;
        return found == ',';
    }

    private String string() {
        StringBuilder found = new StringBuilder();
        at++;
        while (true) {
            char next = peek();
            at++;
            if (next == '"') {
                return found.toString();
            }
            if (next < ' ') {
                at--;
                throw unexpected();
            }
            found.append(next == '\\' ? escaped() : next);
        }
    }

    private char escaped() {
        char kind = peek();
        at++;
        switch (kind) {
            case '"':
            case '\\':
            case '/':
                return kind;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                int code = 0;
                for (int i = 0; i < 4; i++) {
                    char digit = peek();
                    int value = digit < 128 ? Character.digit(digit, 16) : -1;
                    if (value < 0) {
                        throw unexpected();
                    }
                    code = code << 4 | value;
                    at++;
                }
                return (char) code;
            default:
                at--;
                throw unexpected();
        }
    }

    private Object number() {
        int start = at;
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        boolean whole = true;
        if (at < text.length() && text.charAt(at) == '.') {
            whole = false;
            at++;
            digits();
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            whole = false;
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
        String written = text.substring(start, at);
        if (!whole) {
            return Double.valueOf(written);
        }
        try {
            return Long.valueOf(written);
        } catch (NumberFormatException error) {
            throw new JsonException("an integer beyond 64 bit at " + start);
        }
    }

    private void digits() {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw unexpected();
        }
    }

    private Object word(String expected, Object value) {
        if (!text.startsWith(expected, at)) {
            throw unexpected();
        }
        at += expected.length();
        return value;
    }

    private void expect(char expected) {
        if (peek() != expected) {
            throw unexpected();
        }
        at++;
    }

    private void space() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw new JsonException("cut short at " + at);
        }
        return text.charAt(at);
    }

    private JsonException unexpected() {
        return new JsonException(at < text.length() ? "unexpected character at " + at : "cut short at " + at);
    }
}
