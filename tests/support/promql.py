"""What a PromQL expression asks for: names of metrics and of labels. Enough for the expressions of
this repository; no parser of the whole language."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from telemetry.metric_kinds import Histogram
from telemetry.metrics import declared

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR: Final = re.compile(r"([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?")
_GROUPING: Final = re.compile(r"\b(by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_WORDS: Final = frozenset(
    {"and", "or", "unless", "offset", "bool", "by", "on", "without", "ignoring"}
)
OF_PROMETHEUS: Final = frozenset({"job", "instance"})
"""Labels that each target has."""
OF_OTHERS: Final = {
    name: frozenset[str]()
    for name in (
        "up", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
        "process_start_time_seconds", "process_cpu_seconds_total",
    )
} | {"ALERTS": frozenset({"alertname", "alertstate", "severity"})}  # fmt: skip
"""Told by Prometheus itself and by its library for Python."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One selector, with the labels that its matchers name."""

    metric: str
    labels: frozenset[str]


def selectors(expression: str) -> Iterator[Asked]:
    """In the order in which they stand; functions, keywords and groupings are none."""
    text = _GROUPING.sub(" ", _STRING.sub('""', expression))
    text = re.sub(r"\[[^]]*\]|\boffset\s+\w+", "", text)
    for match in _SELECTOR.finditer(text):
        name, matchers = match.groups()
        begins_inside = match.start() > 0 and text[match.start() - 1].isalnum()
        is_call = text[match.end() :].lstrip().startswith("(")
        if not (is_call or begins_inside or name in _WORDS):
            yield Asked(name, frozenset(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers or "")))


def groupings(expression: str) -> frozenset[str]:
    """Labels that it groups or joins by."""
    found = _GROUPING.findall(_STRING.sub('""', expression))
    return frozenset(label for _, labels in found for label in re.findall(r"\w+", labels))


def told() -> dict[str, frozenset[str]]:
    """The labels of each series that there can be, by its name as Prometheus has it."""
    series = dict(OF_OTHERS)
    for _, metric in declared():
        labels = frozenset(metric.label_names)
        if isinstance(metric, Histogram):
            series[f"{metric.name}_bucket"] = labels | {"le"}
            series[f"{metric.name}_count"] = series[f"{metric.name}_sum"] = labels
        else:
            series[metric.name] = labels
    return series


def problems(expression: str, recorded: frozenset[str] = frozenset()) -> list[str]:
    """What it asks for that nobody tells; `recorded` are the names of recording rules."""
    known, found = told(), []
    available = set(OF_PROMETHEUS)
    for asked in selectors(expression):
        if asked.metric in recorded:
            continue
        if asked.metric not in known:
            found.append(f"{asked.metric}: no such metric")
            continue
        labels = known[asked.metric] | OF_PROMETHEUS
        available |= labels
        found += [f"{asked.metric} has no {label}" for label in sorted(asked.labels - labels)]
    return found + [f"nothing has {label}" for label in sorted(groupings(expression) - available)]
