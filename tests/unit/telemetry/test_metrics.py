"""Names and labels of metrics are a contract: dashboards and alarms are written against them."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from telemetry.metrics import Metrics

PUBLISHED = {
    "analyzer_announce_failures": ("counter", ()),
    "analyzer_audit_events": ("counter", ("action", "outcome")),
    "analyzer_breaker_opened": ("counter", ("dependency",)),
    "analyzer_breaker_state": ("gauge", ("dependency",)),
    "analyzer_cache_failures": ("counter", ("operation",)),
    "analyzer_cache_lookups": ("counter", ("outcome",)),
    "analyzer_dead_letters": ("counter", ("processor", "reason")),
    "analyzer_dependency_up": ("gauge", ("dependency",)),
    "analyzer_detected_objects": ("counter", ("name",)),
    "analyzer_http_request_duration_seconds": ("histogram", ("route", "method")),
    "analyzer_http_requests": ("counter", ("route", "method", "status")),
    "analyzer_inference_duration_seconds": ("histogram", ("model",)),
    "analyzer_limited": ("counter", ("limit",)),
    "analyzer_limiter_degraded": ("gauge", ()),
    "analyzer_message_duration_seconds": ("histogram", ("processor",)),
    "analyzer_messages_processed": ("counter", ("processor", "outcome")),
    "analyzer_requests_accepted": ("counter", ("door",)),
    "analyzer_scans": ("counter", ("outcome",)),
    "analyzer_sse_clients": ("gauge", ()),
    "analyzer_inbox_refused": ("counter", ("principal", "reason")),
    "analyzer_swept": ("counter", ("what",)),
    "analyzer_tail_connected": ("gauge", ()),
    "analyzer_tailed_events": ("counter", ("topic",)),
}
UNBOUNDED = {"tenant", "tenant_id", "request_id", "key", "url", "path", "trace_id", "user"}


@pytest.fixture
def published() -> dict[str, tuple[str, tuple[str, ...]]]:
    metrics = Metrics()
    return {
        metric._name: (metric._type, metric._labelnames)
        for metric in vars(metrics).values()
        if hasattr(metric, "_labelnames")
    }


def test_the_names_types_and_labels_are_those_that_were_published(
    published: dict[str, tuple[str, tuple[str, ...]]],
) -> None:
    assert published == PUBLISHED


def test_no_label_grows_with_tenants_or_requests(
    published: dict[str, tuple[str, tuple[str, ...]]],
) -> None:
    for _, labels in published.values():
        assert not UNBOUNDED & set(labels)


def test_the_text_is_prometheus_and_carries_what_was_counted() -> None:
    metrics = Metrics()
    metrics.http_requests.labels(route="/v1/analyses", method="POST", status="202").inc()
    metrics.http_seconds.labels(route="/v1/analyses", method="POST").observe(0.03)
    metrics.dependency_up.labels(dependency="kafka").set(0)
    families = {f.name: f for f in text_string_to_metric_families(metrics.render().decode())}

    assert {"process_resident_memory_bytes", "process_open_fds"} <= families.keys()
    counted = families["analyzer_http_requests"].samples[0]
    assert (counted.name, counted.value) == ("analyzer_http_requests_total", 1)
    assert counted.labels == {"route": "/v1/analyses", "method": "POST", "status": "202"}
    buckets = {
        sample.labels["le"]: sample.value
        for sample in families["analyzer_http_request_duration_seconds"].samples
        if sample.name.endswith("_bucket")
    }
    assert (buckets["0.025"], buckets["0.05"], buckets["30.0"]) == (0, 1, 1)
    assert families["analyzer_dependency_up"].samples[0].value == 0


def test_every_process_counts_for_itself() -> None:
    one, other = Metrics(), Metrics()
    one.swept.labels("request").inc(3)
    assert b'analyzer_swept_total{what="request"} 3.0' in one.render()
    assert b"analyzer_swept_total{" not in other.render()


def test_the_first_hundred_principals_are_counted_by_name_and_the_rest_together() -> None:
    metrics = Metrics()
    for number in range(150):
        metrics.inbox_refused(f"key_{number}", "credential_invalid")
    text = metrics.render().decode()
    assert 'principal="key_99"' in text
    assert 'principal="key_100"' not in text
    assert (
        'analyzer_inbox_refused_total{principal="others",reason="credential_invalid"} 50.0' in text
    )
