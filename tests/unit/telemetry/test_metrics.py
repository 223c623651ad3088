"""Names and labels of metrics are a contract: dashboards and alarms are written against them."""

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as open_metrics_families,
)
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Exemplar

from telemetry.metric_kinds import Metric
from telemetry.metric_labels import OTHER
from telemetry.metrics import Metrics, declared
from telemetry.spans import UNTRACED
from telemetry.traces import TraceContext

REGISTRY = dict(declared())
UNBOUNDED = {"tenant", "tenant_id", "request_id", "key", "url", "path", "trace_id", "user"}
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def counted(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_each_name_is_declared_once() -> None:
    names = [metric.name for metric in REGISTRY.values()]
    assert len(names) == len(set(names)) > 60


@pytest.mark.parametrize("attribute", REGISTRY)
def test_a_name_says_kind_and_whose_it_is(attribute: str) -> None:
    metric = REGISTRY[attribute]
    assert metric.name.startswith(("analyzer_", "http_", "db_client_", "messaging_"))
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.text
    assert metric.by


@pytest.mark.parametrize("attribute", REGISTRY)
def test_no_label_grows_with_tenants_or_requests(attribute: str) -> None:
    labels = REGISTRY[attribute].labels
    assert not UNBOUNDED & {label.name for label in labels}
    for label in labels:
        assert bool(label.values) != bool(label.at_most)
        assert len(label.values) + label.at_most <= 100


@pytest.mark.parametrize("attribute", [name for name, one in REGISTRY.items() if one.labels])
def test_whoever_makes_up_values_makes_no_more_series_than_the_bounds_allow(attribute: str) -> None:
    metrics, metric = Metrics(), REGISTRY[attribute]
    instrument = getattr(metrics, attribute)
    for number in range(300):
        instrument.labels(*[f"made-up-{number}"] * len(metric.labels))
    assert 1 <= len(series_of(metrics, metric)) <= max(len(metric.labels), 1) * 100 + 1


def series_of(metrics: Metrics, metric: Metric[object]) -> set[tuple[str, ...]]:
    names = metric.label_names
    return {
        tuple(sample.labels[name] for name in names)
        for family in metrics.registry.collect()
        if family.name == metric.name.removesuffix("_total")
        for sample in family.samples
    }


def test_what_is_beyond_the_bound_is_counted_together() -> None:
    metrics = Metrics()
    for number in range(150):
        metrics.inbox_refused.labels(f"key_{number}", "credential_invalid").inc()
    name, reason = "analyzer_inbox_refused_total", "credential_invalid"
    assert counted(metrics, name, principal="key_99", reason=reason) == 1
    assert counted(metrics, name, principal="key_100", reason=reason) is None
    assert counted(metrics, name, principal=OTHER, reason=reason) == 50


def test_a_value_that_there_is_not_is_no_series_of_its_own() -> None:
    metrics = Metrics()
    metrics.http_seconds.labels("BREW", "/api/v1/events", "418").observe(0.1)
    metrics.http_seconds.labels("GET", "/api/v1/events", "777").observe(0.1)
    name = "http_server_request_duration_seconds_count"
    labels = {"http_route": "/api/v1/events"}
    assert counted(
        metrics, name, http_request_method=OTHER, http_response_status_code="418", **labels
    )
    assert counted(
        metrics, name, http_request_method="GET", http_response_status_code=OTHER, **labels
    )


def test_labels_that_are_missing_are_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Metrics().http_seconds.labels("GET")


def test_the_text_is_prometheus_and_carries_what_was_counted() -> None:
    metrics = Metrics()
    metrics.http_seconds.labels("POST", "/v1/analyses", "202").observe(0.03)
    metrics.dependency_up.labels("kafka").set(0)
    families = {f.name: f for f in text_string_to_metric_families(metrics.render().decode())}

    assert {"process_resident_memory_bytes", "process_open_fds"} <= families.keys()
    buckets = {
        sample.labels["le"]: sample.value
        for sample in families["http_server_request_duration_seconds"].samples
        if sample.name.endswith("_bucket")
    }
    assert (buckets["0.025"], buckets["0.05"], buckets["30.0"]) == (0, 1, 1)
    assert families["analyzer_dependency_up"].samples[0].value == 0
    assert not [name for name in families if name.endswith("_created")]


def test_every_process_counts_for_itself() -> None:
    one, other = Metrics(), Metrics()
    one.swept.labels("request").inc(3)
    assert b'analyzer_swept_total{what="request"} 3.0' in one.render()
    assert b"analyzer_swept_total{" not in other.render()


def test_a_process_tells_what_is_for_it_and_nothing_else() -> None:
    metrics = Metrics("worker", "detect")
    metrics.sse_clients.inc()
    told = {family.name for family in metrics.registry.collect()}
    assert {"analyzer_scans", "analyzer_build_info", "analyzer_messages_in_work"} <= told
    assert not {"analyzer_sse_clients", "analyzer_swept", "analyzer_tail_connected"} & told


def test_a_count_that_another_keeps_is_asked_for() -> None:
    metrics = Metrics()
    assert counted(metrics, "analyzer_log_lines_dropped_total") == 0
    metrics.log_lines_dropped.follow(lambda: 7.0)
    assert counted(metrics, "analyzer_log_lines_dropped_total") == 7


def test_a_sampled_trace_is_linked_to_where_the_scraper_asks_for_it() -> None:
    metrics = Metrics()
    with UNTRACED.span("x", "server", under=TraceContext("a" * 32, "b" * 16, "01")):
        metrics.http_seconds.labels("GET", "/x", "200").observe(0.03)
    assert links_in(metrics, "http_server_request_duration_seconds") == [{"trace_id": "a" * 32}]
    assert b"trace_id" not in metrics.render()


def test_a_trace_that_nobody_records_is_not_linked_to() -> None:
    metrics = Metrics()
    metrics.http_seconds.labels("GET", "/x", "200").observe(0.03)
    with UNTRACED.span("x", "server", under=TraceContext("a" * 32, "b" * 16, "00")):
        metrics.http_seconds.labels("GET", "/x", "200").observe(0.03)
    assert links_in(metrics, "http_server_request_duration_seconds") == []


def links_in(metrics: Metrics, name: str) -> list[dict[str, str]]:
    kind, text = metrics.exposition(OPEN_METRICS)
    assert kind.startswith("application/openmetrics-text")
    found = [
        sample.exemplar
        for family in open_metrics_families(text.decode())  # type: ignore[no-untyped-call] # theirs
        if family.name == name
        for sample in family.samples
    ]
    return [link.labels for link in found if isinstance(link, Exemplar)]


def test_odd_versions_in_what_a_scraper_asks_for_are_answered() -> None:
    for version in ("x", "9.9", "1.0.0;escaping=x"):
        assert Metrics().exposition(f"application/openmetrics-text;version={version}")[1]


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", "text/plain;version=x"])
def test_who_asks_for_nothing_that_we_have_gets_prometheus_text(accept: str) -> None:
    kind, text = Metrics().exposition(accept)
    assert kind.startswith("text/plain; version=")
    assert b"# TYPE analyzer_build_info gauge" in text
