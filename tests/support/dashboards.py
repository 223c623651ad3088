"""The dashboards as they are shipped, and what Grafana asks for them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = (
    Path(__file__).resolve().parents[2] / "deployment" / "monitoring" / "grafana" / "dashboards"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a panel as it is written; `at_end`: its latest value alone."""

    dashboard: str
    panel: str
    letter: str
    text: str
    is_sql: bool
    at_end: bool
    has_exemplars: bool

    @property
    def name(self) -> str:
        return f"{self.dashboard}: {self.panel} {self.letter}"


@cache
def dashboards() -> dict[str, dict[str, Any]]:
    """By the name of the file; shared by the tests, so nobody changes them."""
    files = sorted(FOLDER.glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Without the headings of rows."""
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def asked() -> Iterator[Asked]:
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                is_sql = "rawSql" in target
                yield Asked(
                    name, panel["title"], target["refId"], target["rawSql" if is_sql else "expr"],
                    is_sql, bool(target.get("instant")), bool(target.get("exemplar")),
                )  # fmt: skip


def promql(text: str, *, window: str = "5m", shown: str = "1h") -> str:
    """With the variables as Grafana fills them in, for all processes of the product."""
    values = {"$__rate_interval": window, "$__range": shown, "$job": "api|detect|io"}
    for name, value in values.items():
        text = text.replace(name, value)
    assert "$" not in text, text
    return text


def statement(text: str, *, tenant_id: str, around: datetime) -> str:
    """With the macros as Grafana's PostgreSQL source has them: a day before and after, by hours."""
    since, until = (f"{around + timedelta(days=days):%FT%TZ}" for days in (-1, 1))
    assert around.tzinfo is UTC
    text = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN '{since}' AND '{until}'", text)
    text = re.sub(
        r"\$__timeGroupAlias\((\w+), \$__interval\)",
        r'floor(extract(epoch from \1)/3600)*3600 AS "time"', text,
    )  # fmt: skip
    text = text.replace("${tenant:sqlstring}", f"'{tenant_id}'")
    assert "$" not in text, text
    return text
