"""What panels ask Prometheus, put together from the registry, so that no name can be misspelt.

Each expression is for the processes that the dashboard's variable `job` names: other programs of an
installation may tell metrics of OpenTelemetry's names too.
"""

from typing import Any, Final

from telemetry.metric_kinds import Histogram, Metric

JOB: Final = 'job=~"$job"'
_WINDOW: Final = "$__rate_interval"
_SHOWN: Final = "$__range"

Declared = Metric[Any]


def series(metric: Declared, suffix: str = "", *, where: str = "") -> str:
    """`where` are matchers besides that of the job."""
    return f"{metric.name}{suffix}{{{JOB}{f', {where}' if where else ''}}}"


def level(metric: Declared, *by: str, how: str = "sum", where: str = "") -> str:
    """How things stand. What every process tells alike is asked with `how="max"`."""
    return _grouped(how, by, series(metric, where=where))


def per_second(metric: Declared, *by: str, where: str = "") -> str:
    """Of a counter, or how often a histogram was told of something."""
    return _grouped("sum", by, f"rate({_counted(metric, where)}[{_WINDOW}])")


def amount_per_second(histogram: Histogram, *by: str, where: str = "") -> str:
    """What it was told of, added up: bytes, or seconds of work."""
    return _grouped("sum", by, f"rate({series(histogram, '_sum', where=where)}[{_WINDOW}])")


def quantile(share: float, histogram: Histogram, *by: str, where: str = "") -> str:
    """Interpolated within the bucket that it falls into."""
    buckets = f"rate({series(histogram, '_bucket', where=where)}[{_WINDOW}])"
    return f"histogram_quantile({share:g}, {_grouped('sum', (*by, 'le'), buckets)})"


def share(part: str, whole: str) -> str:
    """0 where nothing is in the part; nothing where nothing is in the whole."""
    return f"({part} or vector(0)) / ({whole} > 0)"


def in_range(metric: Declared, *by: str, where: str = "") -> str:
    """How many within the time that is shown. A series that began within it counts from 0, which
    `increase` does not see: what is rare is often told of but once. Hole: of one that began within
    it and whose process started again, what was before that start."""
    counted = _counted(metric, where)
    grown = f"increase({counted}[{_SHOWN}])"
    begun = f"({counted} unless {counted} offset {_SHOWN})"
    return _grouped("sum", by, f"({begun} or {grown}) > 0")


def _counted(metric: Declared, where: str) -> str:
    return series(metric, "_count" if isinstance(metric, Histogram) else "", where=where)


def _grouped(how: str, by: tuple[str, ...], inner: str) -> str:
    return f"{how} by ({', '.join(by)}) ({inner})" if by else f"{how}({inner})"
