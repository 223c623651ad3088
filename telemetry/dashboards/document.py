"""A dashboard to the JSON that Grafana reads."""

import json
import zlib
from collections.abc import Iterator
from typing import Any, Final

from telemetry.dashboards.panels import COLUMNS, NUMBER, Ask, Dashboard, Panel, Row, Sql
from telemetry.dashboards.variables import ALERTS, POSTGRES, PROMETHEUS, VARIABLES

_SCHEMA: Final = 39
TAG: Final = "image-analyzer"

Json = dict[str, Any]


def text_of(dashboard: Dashboard) -> str:
    """Equal dashboards give equal bytes. Raises ValueError for two panels of one title, and for a
    row that is too wide."""
    return json.dumps(_document(dashboard), indent=1, ensure_ascii=False) + "\n"


def _document(dashboard: Dashboard) -> Json:
    panels = list(_panels(dashboard))
    titles = [panel["title"] for panel in panels]
    if len(set(titles)) != len(titles):
        raise ValueError(f"{dashboard.uid}: two panels have the same title")
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": [TAG],
        "schemaVersion": _SCHEMA,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": dashboard.refresh,
        "time": {"from": dashboard.since, "to": "now"},
        "annotations": {"list": [ALERTS]},
        "links": [_others()],
        "templating": {"list": [VARIABLES[name] for name in dashboard.variables]},
        "panels": panels,
    }


def _others() -> Json:
    """The dashboards that belong together, for the same time."""
    return {
        "type": "dashboards", "title": "Image Analyzer", "tags": [TAG], "asDropdown": True,
        "includeVars": False, "keepTime": True, "targetBlank": False,
    }  # fmt: skip


def _panels(dashboard: Dashboard) -> Iterator[Json]:
    top = 0
    for row in dashboard.rows:
        yield _heading(row, top)
        top += 1
        left = height = 0
        for panel in row.panels:
            if panel.width > COLUMNS:
                raise ValueError(f"{dashboard.uid}: {panel.title} is too wide")
            if left + panel.width > COLUMNS:
                top, left, height = top + height, 0, 0
            yield _panel(panel, left, top)
            left, height = left + panel.width, max(height, panel.height)
        top += height


def _heading(row: Row, top: int) -> Json:
    return {
        "id": _id("row", row.title), "type": "row", "title": row.title, "collapsed": False,
        "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": top}, "panels": [],
    }  # fmt: skip


def _panel(panel: Panel, left: int, top: int) -> Json:
    source = POSTGRES if isinstance(panel.asks[0], Sql) else PROMETHEUS
    document: Json = {
        "id": _id("panel", panel.title),
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": source,
        "gridPos": {"h": panel.height, "w": panel.width, "x": left, "y": top},
        "targets": [
            _target(ask, chr(ord("A") + number), panel) for number, ask in enumerate(panel.asks)
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
        "links": [_runbook(name) for name in panel.runbooks],
    }
    if panel.kind == "table":
        document["transformations"] = [_without_time()]
    return document


def _id(kind: str, title: str) -> int:
    """Stays when panels come and go around it: links name it."""
    return zlib.crc32(f"{kind} {title}".encode()) & 0x7FFFFFFF


def _target(ask: Ask | Sql, letter: str, panel: Panel) -> Json:
    if isinstance(ask, Sql):
        return {
            "refId": letter, "datasource": POSTGRES, "rawQuery": True, "editorMode": "code",
            "rawSql": ask.statement, "format": "time_series" if ask.is_series else "table",
        }  # fmt: skip
    return {
        "refId": letter, "datasource": PROMETHEUS, "editorMode": "code", "expr": ask.expression,
        "legendFormat": ask.legend or "__auto", "exemplar": ask.has_exemplars,
        "instant": ask.at_end, "range": not ask.at_end,
        "format": "table" if panel.kind == "table" else "time_series",
    }  # fmt: skip


def _defaults(panel: Panel) -> Json:
    steps: list[Json] = [{"color": panel.base, "value": None}]
    steps += [{"color": colour, "value": value} for colour, value in panel.levels]
    found: Json = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.values:
        texts = {str(number): {"text": text} for number, text in panel.values.items()}
        found["mappings"] = [{"type": "value", "options": texts}]
    if panel.kind == "timeseries":
        found |= {"min": 0, "custom": _lines(panel)}
    elif panel.unit == NUMBER:
        found["decimals"] = 0
    if panel.kind == "stat":
        found["color"] = {"mode": "thresholds"}
    return found


def _lines(panel: Panel) -> Json:
    return {
        "lineWidth": 1,
        "fillOpacity": 30 if panel.is_stacked else 0,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if panel.is_stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if panel.levels else "off"},
    }


def _options(panel: Panel) -> Json:
    if panel.kind == "timeseries":
        shown = ["lastNotNull", "max"]
        return {
            "legend": {"displayMode": "table", "placement": "bottom", "calcs": shown},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    if panel.kind == "stat":
        calculated = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        return {"reduceOptions": calculated, "colorMode": "value", "graphMode": "none"}
    return {"showHeader": True, "cellHeight": "sm"}


def _runbook(name: str) -> Json:
    return {
        "title": f"Runbook: {name}", "url": f"${{docs:raw}}/runbooks/{name}.md",
        "targetBlank": True,
    }  # fmt: skip


def _without_time() -> Json:
    """A table of Prometheus says with each row when it was asked."""
    return {"id": "organize", "options": {"excludeByName": {"Time": True}}}
