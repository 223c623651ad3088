"""What a dashboard is made of; document.py turns it into Grafana's JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["timeseries", "stat", "table"]

# Units by Grafana's names.
SECONDS: Final = "s"
MILLISECONDS: Final = "ms"
BYTES: Final = "bytes"
BYTES_PER_SECOND: Final = "Bps"
PER_SECOND: Final = "ops"
REQUESTS: Final = "reqps"
NUMBER: Final = "short"
SHARE: Final = "percentunit"

COLUMNS: Final = 24
"""Of Grafana's grid."""

Colour = Literal["green", "yellow", "red"]
Level = tuple[Colour, float]
"""From this value on."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One PromQL expression; `legend` names its series by their labels, as `{{label}}`. Exemplars
    are asked for with it where the histogram has them. `at_end`: its latest value alone."""

    expression: str
    legend: str = ""
    has_exemplars: bool = False
    at_end: bool = False


@dataclass(frozen=True, slots=True)
class Sql:
    """One statement for PostgreSQL. `is_series`: a column `time`, and numbers that are named by the
    column `metric` or by themselves; else a table."""

    statement: str
    is_series: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`runbooks` are names of alerts. `values` are texts in place of numbers; below the first of
    the `levels` is the `base`."""

    title: str
    description: str
    unit: str
    asks: Sequence[Ask | Sql]
    kind: Kind = "timeseries"
    width: int = 8
    height: int = 8
    base: Colour = "green"
    levels: Sequence[Level] = ()
    values: dict[int, str] = field(default_factory=dict)
    runbooks: Sequence[str] = ()
    is_stacked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Panels below one heading, from left to right."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`uid` never changes: links lead to it. `refresh` may be empty: not by itself."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    variables: Sequence[str] = ("prometheus", "job", "docs")
    refresh: str = "30s"
    since: str = "now-1h"
