"""Registries to the pages that list them: `python -m telemetry.pages` writes docs/metrics.md and
docs/logs.md; with `--check` it only says which of them is not as the registry has it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from telemetry.declared_files import write_or_check
from telemetry.log_events import LOG_EVENTS
from telemetry.metric_kinds import Metric
from telemetry.metric_names import MetricNames
from telemetry.metrics import declared

_ABOUT_METRICS: Final = """\
# Metrics

Written by `python -m telemetry.pages` from `telemetry/metric_names.py`. Names are OpenTelemetry's
where it has one, spelt as Prometheus does; `db_client_connections` is its
`db.client.connection.count`, whose name no gauge may have in Prometheus. Ours begin with
`analyzer_`. `process_*` and `python_gc_*` come with the library.

The API tells its metrics at `/metrics` of `ANALYZER_METRICS__PORT`; a worker at that of
`ANALYZER_WORKER__HEALTH_PORT`. No label has a tenant or a request: of a label with `N values` any
other value counts as `_OTHER`, and of one with `first N` what comes after the first N. Histograms
with exemplars link to the trace of a sampled request, for scrapers that ask for OpenMetrics.

Told by: `api`; `worker`: every worker; or workers that run one of those processors. `probe` is the
command of that name.
"""
_ABOUT_LOGS: Final = """\
# Logs

Written by `python -m telemetry.pages` from `telemetry/log_events.py`. One JSON object a line on
standard output: `event`, `level`, `timestamp`, `process`, `module`, and what belongs to the event.
Lines that concern a request have `trace_id`, `tenant_id` and `request_id` as far as they are known;
none has a body, a credential or a query of an address. `ANALYZER_LOG__LEVEL` and
`ANALYZER_LOG__FORMAT` (`json` or `text`) say how much and how. Libraries speak in sentences of
their own under `event`; their `module` tells them apart.

Nobody waits for whoever reads: lines wait in a queue of `ANALYZER_LOG__QUEUE_BYTES`; what finds it
full is dropped, counted in `analyzer_log_lines_dropped_total`, and told by `log_lines_dropped`. A
process that stops waits two seconds at most for its last lines.

| event | level | meaning |
|---|---|---|
"""


def metrics_page() -> str:
    return _ABOUT_METRICS + "".join(_groups())


def logs_page() -> str:
    rows = sorted(LOG_EVENTS, key=lambda event: event.name)
    return _ABOUT_LOGS + "".join(
        f"| `{one.name}` | {one.level} | {one.meaning} |\n" for one in rows
    )


def _groups() -> Iterator[str]:
    registry = dict(declared())
    for group in MetricNames.__bases__:
        yield f"\n## {group.__doc__}\n\n| name | kind | labels | told by | meaning |\n"
        yield "|---|---|---|---|---|\n"
        for attribute, metric in registry.items():
            if attribute in vars(group):
                yield _row(metric)


def _row(metric: Metric[object]) -> str:
    labels = ", ".join(f"`{label.name}` ({label.bound})" for label in metric.labels) or "none"
    exemplars = ", exemplars" if getattr(metric, "has_exemplars", False) else ""
    by = ", ".join(f"`{name}`" for name in sorted(metric.by))
    return f"| `{metric.name}` | {metric.kind}{exemplars} | {labels} | {by} | {metric.text} |\n"


_PAGES: Final[dict[Path, Callable[[], str]]] = {
    Path("docs/metrics.md"): metrics_page,
    Path("docs/logs.md"): logs_page,
}


def main(*, is_check: bool) -> int:
    """0 when every page is as it should be, or has been written."""
    pages = ((path, make()) for path, make in _PAGES.items())
    return write_or_check(pages, is_check=is_check, differs="not as the registry has it")


if __name__ == "__main__":
    sys.exit(main(is_check="--check" in sys.argv[1:]))
