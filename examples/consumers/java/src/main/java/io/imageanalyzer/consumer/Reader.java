package io.imageanalyzer.consumer;

import com.fasterxml.jackson.databind.JsonNode;
import io.imageanalyzer.consumer.Outcomes.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;

/**
 * Record by record: validate, judge, do the effect, remember; then commit, never before. The effect
 * of this example is one line of JSON on standard output.
 */
final class Reader {
    private static final Duration POLL = Duration.ofMillis(200);

    private final Settings settings;
    private final Contract contract;
    private final Outcomes outcomes;
    private final Map<String, Object> counts = new LinkedHashMap<>();
    private long heardAt = System.nanoTime();

    Reader(Settings settings, Contract contract, Outcomes outcomes) {
        this.settings = settings;
        this.contract = contract;
        this.outcomes = outcomes;
        List.of("invalid", "new", "repeat", "overruled").forEach(name -> counts.put(name, 0));
    }

    Map<String, Object> counts() {
        return counts;
    }

    int count(String name) {
        return (int) counts.get(name);
    }

    /** Until it is told to stop, enough is accepted or nothing comes any more. */
    void read(Consumer<byte[], byte[]> consumer, BooleanSupplier isToldToStop) {
        while (!isToldToStop.getAsBoolean() && !hasEnough() && !isIdle()) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            commit(consumer, work(records));
            if (!records.isEmpty() || consumer.assignment().isEmpty()) {
                heardAt = System.nanoTime();  // nothing is silence before there are partitions
            }
        }
    }

    /** The offset after the last record that is done, by partition. */
    private Map<TopicPartition, OffsetAndMetadata> work(ConsumerRecords<byte[], byte[]> records) {
        Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            if (hasEnough()) {
                break;
            }
            handle(record);
            TopicPartition place = new TopicPartition(record.topic(), record.partition());
            done.put(place, new OffsetAndMetadata(record.offset() + 1));
        }
        return done;
    }

    private void handle(ConsumerRecord<byte[], byte[]> record) {
        Outcome outcome;
        try {
            outcome = contract.read(record);
        } catch (InvalidRecordException error) {
            // Here is the place for a dead-letter store of your own: nobody else keeps this one.
            increment("invalid");
            Map<String, Object> report = new LinkedHashMap<>();
            report.put("event", "invalid_record");
            report.put("reason", error.reason());
            report.put("detail", error.getMessage());
            Lines.say(placed(report, record));
            return;
        }
        Verdict verdict = outcomes.judge(outcome);
        increment(verdict.name().toLowerCase());
        if (verdict == Verdict.NEW) {
            Lines.print(placed(line(outcome), record));
            outcomes.remember(outcome);
        }
    }

    private Map<String, Object> line(Outcome outcome) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("outcome", outcome.isResult() ? "result" : "failure");
        line.put("ce_id", outcome.eventId());
        line.put("request", outcome.request());
        line.put("traceparent", Trace.continued(outcome.traceparent()));
        JsonNode body = outcome.body();
        if (outcome.isResult()) {
            List<String> objects = new ArrayList<>();
            body.at("/result/detected_objects").forEach(
                    found -> objects.add(found.get("name").textValue()));
            line.put("objects", objects);
            line.put("replaces_failure", outcomes.replacesFailure(outcome));
        } else {
            // Codes may be added at any time: `retryable` is what to act on, the code is for people.
            line.put("code", body.get("code").textValue());
            line.put("retryable", body.get("retryable").booleanValue());
        }
        return line;
    }

    private static Map<String, Object> placed(
            Map<String, Object> line, ConsumerRecord<byte[], byte[]> record) {
        line.put("topic", record.topic());
        line.put("partition", record.partition());
        line.put("offset", record.offset());
        return line;
    }

    private static void commit(
            Consumer<byte[], byte[]> consumer, Map<TopicPartition, OffsetAndMetadata> done) {
        if (done.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(done);
        } catch (CommitFailedException | RebalanceInProgressException error) {
            // The partitions went to another member, which reads these records again: repeats.
            Lines.say(Map.of("event", "commit_refused", "detail", error.getMessage()));
        }
    }

    private void increment(String name) {
        counts.put(name, count(name) + 1);
    }

    private boolean hasEnough() {
        return count("new") >= settings.count();
    }

    private boolean isIdle() {
        return System.nanoTime() - heardAt >= settings.idleTimeout().toNanos();
    }
}
