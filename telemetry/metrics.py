"""The registry: every metric of the product by name. Units are in the name, labels are bounded."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

_PRINCIPALS = 100
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """One per process, made by its composition root. No label holds a tenant or an id."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.registry = registry
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        self.http_requests = Counter(
            "analyzer_http_requests", "Answered requests", ("route", "method", "status"),
            registry=registry,
        )  # fmt: skip
        self.http_seconds = Histogram(
            "analyzer_http_request_duration_seconds", "From the first byte in to the last byte out",
            ("route", "method"), buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._inbox_refused = Counter(
            "analyzer_inbox_refused", "Records of outside producers that were set aside",
            ("principal", "reason"), registry=registry,
        )  # fmt: skip
        self._principals: set[str] = set()
        self.accepted = Counter(
            "analyzer_requests_accepted", "Rows committed", ("door",), registry=registry
        )
        self.announce_failures = Counter(
            "analyzer_announce_failures", "Accepted, and left to the sweeper to announce",
            registry=registry,
        )  # fmt: skip
        self.sse_clients = Gauge("analyzer_sse_clients", "Open result streams", registry=registry)
        self.tail_connected = Gauge(
            "analyzer_tail_connected", "1 while the live tail reads the log", registry=registry
        )
        self.tailed = Counter(
            "analyzer_tailed_events", "Events the live tail has seen", ("topic",), registry=registry
        )
        self.dependency_up = Gauge(
            "analyzer_dependency_up", "1 while it serves, 0 while work is held for it",
            ("dependency",), registry=registry,
        )  # fmt: skip
        self.processed = Counter(
            "analyzer_messages_processed", "Messages by what became of them",
            ("processor", "outcome"), registry=registry,
        )  # fmt: skip
        self.process_seconds = Histogram(
            "analyzer_message_duration_seconds", "From taking a message to its outcome",
            ("processor",), buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.dead_letters = Counter(
            "analyzer_dead_letters", "Messages set aside", ("processor", "reason"),
            registry=registry,
        )  # fmt: skip
        self.scans = Counter(
            "analyzer_scans", "Pictures by what the malware scanner said: clean, found, refused "
            "(too many bytes), failed (no answer about this one), unavailable, skipped, off",
            ("outcome",), registry=registry,
        )  # fmt: skip
        self.inference_seconds = Histogram(
            "analyzer_inference_duration_seconds", "Decode, inference and selection of one picture",
            ("model",), buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.detected_objects = Counter(
            "analyzer_detected_objects", "Objects in results", ("name",), registry=registry
        )
        self.swept = Counter(
            "analyzer_swept", "What the sweeper did: requests and cancels announced again, objects "
            "reaped, idempotency keys dropped", ("what",), registry=registry,
        )  # fmt: skip
        self.cache = Counter(
            "analyzer_cache_lookups", "Result cache", ("outcome",), registry=registry
        )
        self.cache_failures = Counter(
            "analyzer_cache_failures", "Calls that Redis failed; each was answered as a miss",
            ("operation",), registry=registry,
        )  # fmt: skip
        self.breaker_state = Gauge(
            "analyzer_breaker_state", "0 closed, 1 half open: one call finds out, 2 open",
            ("dependency",), registry=registry,
        )  # fmt: skip
        self.breaker_opened = Counter(
            "analyzer_breaker_opened", "Times it opened; probes that failed are not counted again",
            ("dependency",), registry=registry,
        )  # fmt: skip
        self.limited = Counter(
            "analyzer_limited", "Requests refused by a limit, by its name", ("limit",),
            registry=registry,
        )  # fmt: skip
        self.limiter_degraded = Gauge(
            "analyzer_limiter_degraded", "1 while each process enforces limits by itself",
            registry=registry,
        )  # fmt: skip
        self.audit_events = Counter(
            "analyzer_audit_events", "Noted, and written, only counted (sampled) or lost (logged)",
            ("action", "outcome"), registry=registry,
        )  # fmt: skip

    def inbox_refused(self, principal: str, reason: str) -> None:
        """Counted by the name of the credential; the hundred first by name, the rest as others."""
        if len(self._principals) < _PRINCIPALS:
            self._principals.add(principal)
        shown = principal if principal in self._principals else "others"
        self._inbox_refused.labels(shown, reason).inc()

    def render(self) -> bytes:
        """Prometheus text exposition format."""
        return generate_latest(self.registry)
