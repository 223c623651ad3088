package io.imageanalyzer.consumer;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The trace goes on: W3C Trace Context, {@code traceparent}. */
final class Trace {
    private static final Pattern TRACEPARENT = Pattern.compile(
            "(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?");
    private static final SecureRandom RANDOM = new SecureRandom();

    private Trace() {}

    /** A span of our own in the same trace; a new trace where there is none that can be read. */
    static String continued(String traceparent) {
        Matcher found = TRACEPARENT.matcher(traceparent == null ? "" : traceparent);
        String trace = found.matches() ? found.group(1) : hex(16);
        String flags = found.matches() ? found.group(2) : "00";
        return "00-" + trace + "-" + hex(8) + "-" + flags;
    }

    private static String hex(int count) {
        byte[] bytes = new byte[count];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
