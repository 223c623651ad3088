"""Grafana's dashboards, as data; `python -m telemetry.dashboards` writes them."""
