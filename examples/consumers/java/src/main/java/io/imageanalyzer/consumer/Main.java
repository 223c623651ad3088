package io.imageanalyzer.consumer;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads {@code image-analyzed} and {@code analysis-failed}; prints one line of JSON for each
 * outcome. Exit code 0; 1 when it ended by itself (--count, --idle-timeout) and a record was
 * invalid.
 */
public final class Main {
    private static final long STOP_SECONDS = 20;

    private Main() {}

    /** Arguments and environment: see the README. */
    public static void main(String[] arguments) throws IOException {
        Settings settings;
        try {
            settings = Settings.read(arguments, System.getenv());
        } catch (IllegalArgumentException error) {
            Lines.say(Map.of("event", "cannot_start", "detail", error.getMessage()));
            System.exit(2);
            return;
        }
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Integer> ended = new CompletableFuture<>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stopCleanly(stop, ended)));
        try {
            ended.complete(run(settings, stop));
        } finally {
            ended.complete(1);  // unless it is complete: then by an exception
        }
        System.exit(ended.join());
    }

    private static int run(Settings settings, AtomicBoolean stop) throws IOException {
        Contract contract = new Contract(settings.schemas());
        Reader reader = new Reader(settings, contract, new Outcomes(settings.remember()));
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                settings.consumer(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(Contract.TOPICS);
            reader.read(consumer, stop::get);
        }
        Map<String, Object> counts = new LinkedHashMap<>(Map.of("event", "stopped"));
        counts.putAll(reader.counts());
        Lines.say(counts);
        return reader.count("invalid") > 0 && !stop.get() ? 1 : 0;
    }

    /** On SIGTERM the JVM waits for its hooks, then exits with 143 unless one ends it first. */
    private static void stopCleanly(AtomicBoolean stop, CompletableFuture<Integer> ended) {
        if (ended.isDone()) {
            return;
        }
        stop.set(true);
        int code = ended.completeOnTimeout(1, STOP_SECONDS, TimeUnit.SECONDS).join();
        Runtime.getRuntime().halt(code);
    }
}
