"""The registry: every metric of the product. docs/metrics.md is written from it.

Names are OpenTelemetry's where it has one, spelt as Prometheus does; ours begin with `analyzer_`.
"""

from typing import Final

from telemetry.metric_kinds import Counter, FollowedCounter, Gauge, Histogram
from telemetry.metric_labels import (
    CLIENT_STATUS,
    CONFIDENCE,
    DEPENDENCY,
    DOOR,
    ERROR_TYPE,
    GROUP,
    LANE,
    METHOD,
    MODEL,
    OPERATION,
    OUTCOME,
    REASON,
    ROUTE,
    STATUS,
    TIER,
    TOPIC,
    one_of,
    ours,
)

API: Final = frozenset({"api"})
WORKER: Final = frozenset({"worker"})
ALL: Final = API | WORKER
CONSUMING: Final = frozenset(
    {"admit", "fetch", "fetch-bulk", "detect", "detect-bulk", "record"}
)  # fmt: skip
ADMIT: Final = frozenset({"admit"})
FETCH: Final = frozenset({"fetch", "fetch-bulk"})
DETECT: Final = frozenset({"detect", "detect-bulk"})
RECORD: Final = frozenset({"record"})
RETRY: Final = frozenset({"retry"})
SWEEP: Final = frozenset({"sweep"})
DELIVER: Final = frozenset({"deliver"})
PROBE: Final = frozenset({"probe"})

_SIZES: Final = (1e3, 1e4, 1e5, 5e5, 1e6, 2.5e6, 5e6, 1e7, 1.5e7)
_FAST: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_LIVES: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class HttpMetrics:
    """The API towards its clients."""

    http_seconds = Histogram(
        "http_server_request_duration_seconds",
        "From the first byte in to the last byte out; of an event stream to its first byte",
        METHOD, ROUTE, STATUS, by=API, has_exemplars=True,
    )  # fmt: skip
    http_active = Gauge(
        "http_server_active_requests", "Requests in work, event streams among them",
        METHOD, by=API,
    )  # fmt: skip
    http_body_bytes = Histogram(
        "http_server_request_body_size_bytes", "Bytes of request bodies that came in",
        METHOD, ROUTE, by=API, buckets=_SIZES,
    )  # fmt: skip
    http_connections = Gauge("analyzer_http_connections", "Open connections of clients", by=API)
    http_refused = Counter(
        "analyzer_http_refused_total",
        "Cut off or refused before a route was looked for, by the code of the problem",
        REASON, by=API,
    )  # fmt: skip
    accepted = Counter(
        "analyzer_requests_accepted_total", "Rows committed", ours("door", 10), by=API | ADMIT
    )
    announce_failures = Counter(
        "analyzer_announce_failures_total", "Accepted, and left to the sweeper to announce", by=API
    )
    limiter_decisions = Counter(
        "analyzer_limiter_decisions_total",
        "Requests by what a limit said: allowed, refused, or degraded (allowed by this process's "
        "own count, while the shared one is away)",
        ours("limit", 20), one_of("decision", "allowed", "refused", "degraded"), by=API,
    )  # fmt: skip
    limiter_degraded = Gauge(
        "analyzer_limiter_degraded", "1 while each process enforces limits by itself", by=API
    )
    upload_bytes = Gauge(
        "analyzer_upload_bytes_in_flight", "Bytes that the requests in work have brought", by=API
    )
    spool_free_bytes = Gauge(
        "analyzer_spool_free_bytes", "Room left where pictures over 1 MiB wait while they come in",
        by=API,
    )  # fmt: skip
    sse_clients = Gauge("analyzer_sse_clients", "Open result streams", by=API)
    sse_frames = Counter(
        "analyzer_sse_frames_total", "Events sent to streams", ours("event", 20), by=API
    )
    sse_ended = Counter(
        "analyzer_sse_streams_ended_total",
        "Streams by why they ended: done, gone (the client went), slow (its mailbox was full), "
        "stalled (it took nothing), draining, revoked",
        one_of("why", "done", "gone", "slow", "stalled", "draining", "revoked"), by=API,
    )  # fmt: skip
    sse_mailbox_ratio = Gauge(
        "analyzer_sse_mailbox_fill_ratio", "How full the fullest mailbox of a stream is", by=API
    )
    tail_connected = Gauge("analyzer_tail_connected", "1 while the live tail reads the log", by=API)
    tailed = Counter("analyzer_tailed_events_total", "Events the live tail has seen", TOPIC, by=API)
    tail_delay_seconds = Histogram(
        "analyzer_tail_delay_seconds", "From the log to the clients that wait in this process",
        by=API,
    )  # fmt: skip


class MessagingMetrics:
    """Kafka, and what becomes of messages."""

    consumed = Counter(
        "messaging_client_consumed_messages_total", "Messages taken", TOPIC, by=CONSUMING
    )
    sent = Counter(
        "messaging_client_sent_messages_total", "Messages sent, confirmed or failed",
        TOPIC, ERROR_TYPE, by=ALL,
    )  # fmt: skip
    send_seconds = Histogram(
        "messaging_client_operation_duration_seconds", "From sending to the confirmation",
        ours("messaging_operation_name", 5), TOPIC, by=ALL, has_exemplars=True,
    )  # fmt: skip
    process_seconds = Histogram(
        "messaging_process_duration_seconds",
        "From taking a message to its outcome: done, retried (later), exhausted, invalid, "
        "unexpected",
        TOPIC, OUTCOME, by=CONSUMING, has_exemplars=True,
    )  # fmt: skip
    in_work = Gauge(
        "analyzer_messages_in_work", "Messages taken that have no outcome yet", TOPIC, by=CONSUMING
    )
    in_work_limit = Gauge(
        "analyzer_messages_in_work_limit", "How many of a topic may be in work", TOPIC, by=CONSUMING
    )
    held = Gauge(
        "analyzer_messages_held", "Messages in work that wait for a dependency",
        TOPIC, DEPENDENCY, by=CONSUMING,
    )  # fmt: skip
    stopped_by_limit = Gauge(
        "analyzer_messages_stopped_by_limit",
        "Messages that wait because too many failed by a fault of ours", TOPIC, by=CONSUMING,
    )  # fmt: skip
    assigned_partitions = Gauge(
        "analyzer_assigned_partitions", "Partitions that this process works", GROUP, by=CONSUMING
    )
    attempts_failed = Counter(
        "analyzer_attempts_failed_total", "Tries that a transient error ended", TOPIC, by=CONSUMING
    )
    dead_letters = Counter(
        "analyzer_dead_letters_total", "Messages set aside", TOPIC, REASON, by=CONSUMING | RETRY
    )
    returned = Counter(
        "analyzer_retries_returned_total", "Messages sent back from a retry topic to be worked",
        TOPIC, by=RETRY,
    )  # fmt: skip
    inbox_refused = Counter(
        "analyzer_inbox_refused_total", "Records of outside producers that were set aside",
        ours("principal", 100), REASON, by=ADMIT,
    )  # fmt: skip
    lag = Gauge(
        "analyzer_consumer_lag_records",
        "Records that a group has not finished; every process that sweeps tells the same: take max",
        GROUP, TOPIC, by=SWEEP,
    )  # fmt: skip
    oldest_seconds = Gauge(
        "analyzer_oldest_unfinished_age_seconds",
        "Age of the oldest request without an outcome, 0 when there is none; every process that "
        "sweeps tells the same: take max",
        LANE, TIER, by=SWEEP,
    )  # fmt: skip
    unfinished = Gauge(
        "analyzer_unfinished_requests",
        "Requests without an outcome; every process that sweeps tells the same: take max",
        LANE, TIER, by=SWEEP,
    )  # fmt: skip


class WorkMetrics:
    """What the processors do."""

    outcomes = Counter(
        "analyzer_outcomes_total",
        "Outcomes put on record, repeats included: completed, or the code of the failure",
        ours("code", 40), by=RECORD,
    )  # fmt: skip
    request_seconds = Histogram(
        "analyzer_request_duration_seconds", "From acceptance to the outcome on record",
        one_of("state", "completed", "failed"), by=RECORD, buckets=_LIVES, has_exemplars=True,
    )  # fmt: skip
    fetch_seconds = Histogram(
        "http_client_request_duration_seconds",
        "Requests to addresses of others: for pictures (fetch) and with outcomes (webhook)",
        one_of("purpose", "fetch", "webhook"), CLIENT_STATUS, ERROR_TYPE,
        by=FETCH | DELIVER, has_exemplars=True,
    )  # fmt: skip
    inference_seconds = Histogram(
        "analyzer_inference_duration_seconds", "Decode, inference and selection of one picture",
        MODEL, by=DETECT, has_exemplars=True,
    )  # fmt: skip
    detect_wait_seconds = Histogram(
        "analyzer_detect_wait_seconds", "How long a picture waited for a child", LANE, by=DETECT
    )
    detected_objects = Counter(
        "analyzer_detected_objects_total", "Objects in results", ours("class", 100), CONFIDENCE,
        by=DETECT,
    )  # fmt: skip
    detector_children = Gauge("analyzer_detector_children", "Child processes that infer", by=DETECT)
    detector_busy = Gauge("analyzer_detector_busy", "Children that have a picture", by=DETECT)
    detector_waiting = Gauge(
        "analyzer_detector_waiting", "Pictures that wait for a child", LANE, by=DETECT
    )
    detector_failures = Counter(
        "analyzer_detector_failures_total",
        "Pictures that a child did not answer for: it crashed, hung or could not start", by=DETECT,
    )  # fmt: skip
    scans = Counter(
        "analyzer_scans_total", "Pictures by what the malware scanner said: clean, found, refused "
        "(too many bytes), failed (no answer about this one), unavailable, skipped, off",
        OUTCOME, by=DETECT,
    )  # fmt: skip
    scan_seconds = Histogram(
        "analyzer_scan_duration_seconds", "A picture's way through the scanner", by=DETECT
    )
    swept = Counter(
        "analyzer_swept_total", "What the sweeper did: requests and cancels announced again, "
        "objects reaped, idempotency keys dropped",
        ours("what", 20), by=SWEEP,
    )  # fmt: skip
    sweeps = Counter(
        "analyzer_sweeps_total", "Rounds of the sweeper: done, not_ours (another process had the "
        "turn), postponed (something was down)",
        one_of("outcome", "done", "not_ours", "postponed"), by=SWEEP,
    )  # fmt: skip
    webhook_deliveries = Counter(
        "analyzer_webhook_deliveries_total", "Attempts to deliver by what became of them",
        OUTCOME, by=DELIVER,
    )  # fmt: skip
    webhook_oldest_seconds = Gauge(
        "analyzer_webhook_oldest_due_age_seconds",
        "Age of the oldest delivery that is due, 0 when there is none; every process that delivers "
        "tells the same: take max",
        by=DELIVER,
    )  # fmt: skip


class StoreMetrics:
    """What the processes lean on."""

    database_seconds = Histogram(
        "db_client_operation_duration_seconds",
        "One statement or command, waits and repeats included",
        one_of("db_system_name", "postgresql", "redis"), ours("db_operation_name", 80), ERROR_TYPE,
        by=ALL, buckets=_FAST, has_exemplars=True,
    )  # fmt: skip
    database_connections = Gauge(
        "db_client_connections", "Connections to PostgreSQL",
        one_of("db_client_connection_state", "idle", "used"), by=ALL,
    )  # fmt: skip
    database_connections_most = Gauge(
        "db_client_connection_max", "How many connections to PostgreSQL there may be", by=ALL
    )
    database_waiting = Gauge(
        "db_client_connection_pending_requests", "Who waits for a connection to PostgreSQL", by=ALL
    )
    database_wait_seconds = FollowedCounter(
        "analyzer_db_connection_wait_seconds_total", "Waited for connections to PostgreSQL", by=ALL
    )
    database_timeouts = FollowedCounter(
        "db_client_connection_timeouts_total", "Waits for a connection that were in vain", by=ALL
    )
    bucket_seconds = Histogram(
        "analyzer_bucket_operation_duration_seconds", "One call of the object store",
        OPERATION, ERROR_TYPE, by=ALL, has_exemplars=True,
    )  # fmt: skip
    cache = Counter("analyzer_cache_lookups_total", "Result cache", OUTCOME, by=API)
    cache_failures = Counter(
        "analyzer_cache_failures_total", "Calls that Redis failed; each was answered as a miss",
        OPERATION, by=API,
    )  # fmt: skip
    dependency_up = Gauge(
        "analyzer_dependency_up", "1 while it serves, 0 while work is held for it",
        DEPENDENCY, by=ALL,
    )  # fmt: skip
    breaker_state = Gauge(
        "analyzer_breaker_state", "0 closed, 1 half open: one call finds out, 2 open",
        DEPENDENCY, by=ALL,
    )  # fmt: skip
    breaker_opened = Counter(
        "analyzer_breaker_opened_total", "Times it opened; failed probes are not counted again",
        DEPENDENCY, by=ALL,
    )  # fmt: skip
    audit_events = Counter(
        "analyzer_audit_events_total",
        "Noted, and written, only counted (sampled) or lost (logged)",
        ours("action", 60), OUTCOME, by=ALL,
    )  # fmt: skip


class ProcessMetrics:
    """The process itself; `process_*` and `python_gc_*` come with the library."""

    build_info = Gauge(
        "analyzer_build_info", "1, and which build this is",
        ours("version", 2), ours("python", 2), by=ALL,
    )  # fmt: skip
    loop_lag_seconds = Histogram(
        "analyzer_event_loop_lag_seconds", "How much later than asked for a timer fires",
        by=ALL, buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
    )  # fmt: skip
    log_lines_dropped = FollowedCounter(
        "analyzer_log_lines_dropped_total",
        "Lines that found the queue full because nobody reads what the process writes", by=ALL,
    )  # fmt: skip
    log_queue_bytes = Gauge(
        "analyzer_log_queue_bytes", "Bytes of log lines that are not written yet", by=ALL
    )


class ProbeMetrics:
    """The synthetic probe, `image-analyzer probe`."""

    probe_success = Gauge(
        "analyzer_probe_success",
        "1 when the known picture came out of this door in time and as it must, else 0",
        DOOR, by=PROBE,
    )  # fmt: skip
    probe_seconds = Gauge(
        "analyzer_probe_duration_seconds",
        "From the first connection to the outcome, of the last round; of a late one the patience",
        DOOR, by=PROBE,
    )  # fmt: skip
    probe_last_run = Gauge(
        "analyzer_probe_last_run_timestamp_seconds",
        "When this door was last tried: the others are as old as this", DOOR, by=PROBE,
    )  # fmt: skip


class MetricNames(
    HttpMetrics, MessagingMetrics, WorkMetrics, StoreMetrics, ProcessMetrics, ProbeMetrics
):
    """All of them."""
