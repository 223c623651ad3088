package io.imageanalyzer.consumer;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * {@code request} is {@code <tenant_id>/<request_id>}, {@code body} what the schema of its topic
 * describes; {@code traceparent} may be null.
 */
record Outcome(
        String eventId, String request, boolean isResult, JsonNode body, String traceparent) {}
