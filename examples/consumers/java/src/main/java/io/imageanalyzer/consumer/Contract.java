package io.imageanalyzer.consumer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A record to an outcome, by the published contract: CloudEvents 1.0 in binary mode (Kafka Protocol
 * Binding 1.0.2, section 3.2) and JSON Schema. Reads the schemas {@code <topic>.v1.json} of a
 * folder, and nothing else.
 */
final class Contract {
    static final List<String> TOPICS = List.of("image-analyzed", "analysis-failed");

    private static final String RESULTS = TOPICS.get(0);
    private static final List<String> REQUIRED = List.of(
            "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_tenantid");
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final Map<String, Schema> schemas = new HashMap<>();

    Contract(Path folder) throws IOException {
        // In 2020-12 `format` is only a remark unless one asks.
        SchemaRegistryConfig config =
                SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build();
        SchemaRegistry registry = SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12,
                builder -> builder.schemaRegistryConfig(config));
        for (String topic : TOPICS) {
            String schema = Files.readString(folder.resolve(topic + ".v1.json"));
            schemas.put(topic, registry.getSchema(schema));
        }
    }

    /** Headers and fields that are not known are ignored. */
    Outcome read(ConsumerRecord<byte[], byte[]> record) throws InvalidRecordException {
        Map<String, String> named = text(record.headers());
        checkHeaders(named, record.topic());
        JsonNode body = body(record.topic(), record.value());
        String tenant = body.get("tenant_id").textValue();
        String request = tenant + "/" + body.get("request_id").textValue();
        boolean keyNamesIt =
                Arrays.equals(record.key(), request.getBytes(StandardCharsets.UTF_8));
        boolean headersNameIt = named.get("ce_subject").equals(request)
                && named.get("ce_tenantid").equals(tenant);
        if (!keyNamesIt || !headersNameIt) {
            throw new InvalidRecordException(
                    "key_mismatch", "key, headers and body name several requests");
        }
        boolean isResult = record.topic().equals(RESULTS);
        return new Outcome(
                named.get("ce_id"), request, isResult, body, named.get("traceparent"));
    }

    private JsonNode body(String topic, byte[] value) throws InvalidRecordException {
        JsonNode body = parse(value == null ? new byte[0] : value);
        List<Error> faults = schemas.get(topic).validate(body);
        if (!faults.isEmpty()) {
            throw new InvalidRecordException("body_invalid", faults.get(0).toString());
        }
        boolean isSwapped = topic.equals(RESULTS)
                && !body.at("/result/request_id").equals(body.get("request_id"));
        if (isSwapped) {
            throw new InvalidRecordException("body_invalid", "the result is of another request");
        }
        return body;
    }

    /** UTF-8 only: Jackson would guess the encoding of bytes. */
    private static JsonNode parse(byte[] value) throws InvalidRecordException {
        try {
            String text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
            return JSON.readTree(text);
        } catch (CharacterCodingException | JsonProcessingException error) {
            throw new InvalidRecordException("body_invalid", "no JSON: " + error.getMessage());
        }
    }

    /** The last of a name counts; one without a value is as good as none. */
    private static Map<String, String> text(Iterable<Header> headers) {
        Map<String, String> named = new HashMap<>();
        for (Header header : headers) {
            if (header.value() != null && header.value().length > 0) {
                named.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
            }
        }
        return named;
    }

    private static void checkHeaders(Map<String, String> named, String topic)
            throws InvalidRecordException {
        List<String> missing =
                REQUIRED.stream().filter(name -> !named.containsKey(name)).toList();
        if (!missing.isEmpty()) {
            throw new InvalidRecordException(
                    "headers_invalid", "missing " + String.join(", ", missing));
        }
        if (!named.get("ce_specversion").equals("1.0")) {
            throw new InvalidRecordException("headers_invalid", "ce_specversion is not 1.0");
        }
        String contentType = named.getOrDefault("content-type", "").split(";", 2)[0].strip();
        if (!contentType.equals("application/json")) {
            throw new InvalidRecordException(
                    "headers_invalid", "content-type is not application/json");
        }
        if (!named.get("ce_type").equals("io.imageanalyzer." + topic + ".v1")) {
            throw new InvalidRecordException("type_unknown", "ce_type " + named.get("ce_type"));
        }
    }
}
