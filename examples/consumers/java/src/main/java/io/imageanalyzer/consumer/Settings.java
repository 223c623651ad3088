package io.imageanalyzer.consumer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/**
 * What the program is told: how to read by arguments, how to reach the broker by environment.
 * {@code count} and {@code idleTimeout} end the program by itself; {@code remember} is how many
 * events and how many requests are kept for comparison.
 */
record Settings(
        Path schemas, long count, Duration idleTimeout, int remember, Properties consumer) {

    private static final Duration NEVER = Duration.ofDays(36_500);
    private static final Set<String> KNOWN = Set.of(
            "--schemas", "--group", "--from", "--count", "--idle-timeout", "--remember");

    /** Throws IllegalArgumentException with a sentence when an argument is wrong. */
    static Settings read(String[] arguments, Map<String, String> environment) {
        Map<String, String> given = pairs(arguments);
        String schemas = given.getOrDefault("--schemas", environment.get("SCHEMAS"));
        require(schemas != null, "--schemas FOLDER (or SCHEMAS) is needed");
        String idle = given.get("--idle-timeout");
        return new Settings(
                Path.of(schemas),
                Long.parseLong(given.getOrDefault("--count", "" + Long.MAX_VALUE)),
                idle == null ? NEVER : Duration.ofMillis((long) (Double.parseDouble(idle) * 1000)),
                Integer.parseInt(given.getOrDefault("--remember", "100000")),
                consumer(given, environment));
    }

    private static Map<String, String> pairs(String[] arguments) {
        Map<String, String> given = new HashMap<>();
        for (int at = 0; at < arguments.length; at += 2) {
            require(KNOWN.contains(arguments[at]), "unknown: " + arguments[at]);
            require(at + 1 < arguments.length, arguments[at] + " needs a value");
            given.put(arguments[at], arguments[at + 1]);
        }
        return given;
    }

    private static Properties consumer(
            Map<String, String> given, Map<String, String> environment) {
        Properties properties = connection(environment);
        String from = given.getOrDefault("--from", "earliest");
        require(Set.of("earliest", "latest").contains(from), "--from is earliest or latest");
        properties.put("group.id", given.getOrDefault("--group", "ext-example-java"));
        properties.put("auto.offset.reset", from);
        properties.put("enable.auto.commit", "false");
        return properties;
    }

    /** The same variables as the examples in other languages have. */
    private static Properties connection(Map<String, String> environment) {
        String protocol = environment.getOrDefault("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT");
        Properties properties = new Properties();
        properties.put("security.protocol", protocol);
        properties.put(
                "bootstrap.servers",
                environment.getOrDefault("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"));
        if (protocol.startsWith("SASL_")) {
            properties.put(
                    "sasl.mechanism",
                    environment.getOrDefault("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512"));
            properties.put("sasl.jaas.config", scram(environment));
        }
        String authorities = environment.get("KAFKA_SSL_CA_FILE");
        if (protocol.endsWith("SSL") && authorities != null) {
            properties.put("ssl.truststore.type", "PEM");
            properties.put("ssl.truststore.location", authorities);
        }
        return properties;
    }

    private static String scram(Map<String, String> environment) {
        return "org.apache.kafka.common.security.scram.ScramLoginModule required username="
                + quoted(environment.get("KAFKA_SASL_USERNAME"))
                + " password="
                + quoted(environment.get("KAFKA_SASL_PASSWORD"))
                + ";";
    }

    private static String quoted(String secret) {
        require(secret != null, "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD are needed");
        return '"' + secret.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static void require(boolean isTrue, String otherwise) {
        if (!isTrue) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
