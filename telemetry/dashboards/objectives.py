"""The two objectives, and what of their budgets is spent; the ratios are recorded by slo.yml."""

from typing import Final

from telemetry.dashboards.panels import NUMBER, SHARE, Ask, Panel, Row
from telemetry.dashboards.promql import JOB
from telemetry.metric_names import MetricNames as M

_ERRORS_ALLOWED: Final = 0.001
_LATE_ALLOWED: Final = 0.01
_WINDOWS: Final = ("5m", "1h", "6h", "3d")


def _burn(ratio: str, allowed: float) -> tuple[Ask, ...]:
    return tuple(Ask(f"{ratio}{window} / {allowed}", f"over {window}") for window in _WINDOWS)


def _grown(name: str, matchers: str = "") -> str:
    return f"sum(increase({name}{{{JOB}{matchers}}}[30d]))"


_REQUESTS: Final = f"{M.http_seconds.name}_count"
_OUTCOMES: Final = M.request_seconds.name
_FAILED: Final = _grown(_REQUESTS, ', http_response_status_code=~"5.."')
_IN_TIME: Final = _grown(f"{_OUTCOMES}_bucket", ', le="60.0"')
_ERRORS: Final = f"({_FAILED} or vector(0)) / ({_grown(_REQUESTS)} > 0)"
_LATE: Final = f"1 - {_IN_TIME} / ({_grown(f'{_OUTCOMES}_count')} > 0)"

_BURN_TEXT: Final = (
    "1 spends the budget of 30 days in 30 days. Alerts fire over two windows each: 14.4 over an "
    "hour, 6 over six, 3 over a day, 1 over three."
)
_LEFT: Final = (("yellow", 0.0001), ("green", 0.25))
_BURNS: Final = (("yellow", 1.0), ("red", 14.4))
_NEVER_FIRES: Final = "None is a good sign only while Prometheus reads the processes."

OBJECTIVES: Final = Row("Objectives", (
    Panel(
        title="Budget of errors left",
        description="99.9 % of the requests of 30 days, or of as many as Prometheus remembers, are "
        "answered without 5xx. Below 0 more has failed than may.",
        unit=SHARE, kind="stat", width=4, base="red", levels=_LEFT,
        runbooks=("ApiErrorBudgetBurnsSlowly",),
        asks=(Ask(f"1 - {_ERRORS} / {_ERRORS_ALLOWED}", "left", at_end=True),),
    ),
    Panel(
        title="Budget of late outcomes left",
        description="99 % of the outcomes of 30 days, or of as many as Prometheus remembers, are "
        "on record within 60 s of acceptance.",
        unit=SHARE, kind="stat", width=4, base="red", levels=_LEFT,
        runbooks=("ResultsLateSlowly",),
        asks=(Ask(f"1 - ({_LATE}) / {_LATE_ALLOWED}", "left", at_end=True),),
    ),
    Panel(
        title="How fast the budget of errors burns",
        description=_BURN_TEXT, unit=NUMBER, width=8, levels=_BURNS,
        runbooks=("ApiErrorBudgetBurnsFast", "ApiErrorBudgetBurnsSlowly"),
        asks=_burn("api:errors:ratio", _ERRORS_ALLOWED),
    ),
    Panel(
        title="How fast the budget of late outcomes burns",
        description=_BURN_TEXT, unit=NUMBER, width=8, levels=_BURNS,
        runbooks=("ResultsLateFast", "ResultsLateSlowly"),
        asks=_burn("analyzer:late:ratio", _LATE_ALLOWED),
    ),
    Panel(
        title="Alerts that fire",
        description=f"Now. {_NEVER_FIRES}",
        unit=NUMBER, kind="table", width=24, height=5,
        asks=(Ask('sum by (alertname, severity) (ALERTS{alertstate="firing"})', at_end=True),),
    ),
))  # fmt: skip
