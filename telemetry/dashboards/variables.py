"""What whoever looks at a dashboard may choose, and what is marked on every panel."""

from typing import Any, Final

from telemetry.metric_names import ProcessMetrics

Json = dict[str, Any]

DOCS: Final = "/public/analyzer-docs"
"""Where Grafana of docker-compose.yml has docs/."""
PROMETHEUS: Final[Json] = {"type": "prometheus", "uid": "${prometheus}"}
POSTGRES: Final[Json] = {"type": "grafana-postgresql-datasource", "uid": "${postgres}"}
_TENANTS: Final = "SELECT tenant_id FROM tenants ORDER BY tenant_id"
_JOBS: Final = f"label_values({ProcessMetrics.build_info.name}, job)"


def _source(name: str, label: str, kind: str) -> Json:
    """The one that is provisioned has the variable's own name as its uid."""
    return {
        "name": name, "label": label, "type": "datasource", "query": kind, "hide": 0,
        "current": {"text": label, "value": name}, "refresh": 1, "multi": False,
        "includeAll": False,
    }  # fmt: skip


_JOB: Final[Json] = {
    "name": "job", "label": "Processes", "type": "query", "datasource": PROMETHEUS,
    "query": {"query": _JOBS, "refId": "job"}, "definition": _JOBS, "refresh": 2, "sort": 1,
    "multi": True, "includeAll": True, "current": {"text": "All", "value": "$__all"}, "hide": 0,
}  # fmt: skip
"""All are those of the product by name, not whatever else Prometheus reads."""

_TENANT: Final[Json] = {
    "name": "tenant", "label": "Tenant", "type": "query", "datasource": POSTGRES,
    "query": _TENANTS, "definition": _TENANTS, "refresh": 1, "sort": 0, "multi": False,
    "includeAll": False, "hide": 0,
}  # fmt: skip

_DOCUMENTATION: Final[Json] = {
    "name": "docs", "label": "Documentation at", "type": "textbox", "query": DOCS,
    "current": {"text": DOCS, "value": DOCS}, "hide": 0,
}  # fmt: skip

VARIABLES: Final[dict[str, Json]] = {
    one["name"]: one
    for one in (
        _source("prometheus", "Prometheus", PROMETHEUS["type"]),
        _source("postgres", "PostgreSQL", POSTGRES["type"]),
        _JOB,
        _TENANT,
        _DOCUMENTATION,
    )
}
"""By name; data sources first, since the others ask them."""

ALERTS: Final[Json] = {
    "name": "Alerts", "enable": True, "hide": False, "iconColor": "red",
    "datasource": PROMETHEUS, "expr": 'ALERTS{alertstate="firing"}', "step": "60s",
    "titleFormat": "{{alertname}}", "textFormat": "{{severity}}",
}  # fmt: skip
"""While they fire."""
