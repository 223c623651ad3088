package io.imageanalyzer.consumer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Outcomes go to standard output, everything else to standard error; one line of JSON each. */
final class Lines {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private static final PrintStream ERR = new PrintStream(System.err, true, StandardCharsets.UTF_8);

    private Lines() {}

    /** Returns when the line has left this process: only then it is done. */
    static void print(Map<String, Object> line) {
        OUT.println(json(line));
        if (OUT.checkError()) {
            throw new IllegalStateException("standard output is gone");
        }
    }

    static void say(Map<String, Object> words) {
        ERR.println(json(words));
    }

    private static String json(Map<String, Object> line) {
        try {
            return JSON.writeValueAsString(line);
        } catch (JsonProcessingException error) {
            throw new IllegalStateException(error);
        }
    }
}
