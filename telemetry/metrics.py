"""The instruments of one process: each metric of the registry, told by those that it is for."""

from collections.abc import Iterator

import prometheus_client
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import choose_encoder
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from telemetry.metric_kinds import Metric
from telemetry.metric_names import MetricNames
from telemetry.traces import current_trace

_OPEN_METRICS = "application/openmetrics-text"


def declared() -> Iterator[tuple[str, Metric[object]]]:
    """Each metric of the registry by the attribute that it has."""
    for group in reversed(MetricNames.__mro__):
        for attribute, metric in vars(group).items():
            if isinstance(metric, Metric):
                yield attribute, metric


class Metrics(MetricNames):
    """One per process, made by its composition root, which names what it `runs`: `api`, or `worker`
    and its processors. What the registry has for others can be counted and is not told. Without
    names all is told."""

    def __init__(self, *runs: str) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # the library's own
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        for attribute, metric in declared():
            is_told = not runs or not metric.by.isdisjoint(runs)
            instrument = metric.make(self.registry if is_told else None, sampled_trace)
            vars(self)[attribute] = instrument

    def render(self) -> bytes:
        """Prometheus text exposition format."""
        return generate_latest(self.registry)

    def exposition(self, accept: str) -> tuple[str, bytes]:
        """Content type and text, in the format that the `Accept` of a scraper asks for; exemplars
        are in OpenMetrics only."""
        # Nothing else of what was asked is passed on: the library trips over odd versions.
        encode, content_type = choose_encoder(_OPEN_METRICS if _OPEN_METRICS in accept else "")
        return content_type, encode(self.registry)


def sampled_trace() -> dict[str, str] | None:
    """What links an observation to its trace: nothing where nobody records the trace."""
    trace = current_trace()
    return None if trace is None or not trace.is_sampled else {"trace_id": trace.trace_id}
