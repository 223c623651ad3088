"""A Prometheus beside processes that run here: the shipped rules, looked at every second."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import yaml

from tests.support.services.ports import free_port
from tests.support.services.prometheus import CONFIGURATION, Prometheus

WINDOW = "10s"
"""For `$__rate_interval`."""
_OPTIONS = (
    "--storage.tsdb.path=/prometheus", "--enable-feature=exemplar-storage",
    "--query.lookback-delta=15s",
)  # fmt: skip


def prometheus_beside(folder: Path, metrics_urls: Mapping[str, str]) -> Prometheus:
    """Not started. Each process is the one target of a job of its name, as in the shipped file."""
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(_configuration(metrics_urls)), encoding="utf-8")
    return Prometheus(folder, free_port(), options=(f"--config.file={file}", *_OPTIONS))


def _configuration(metrics_urls: Mapping[str, str]) -> dict[str, Any]:
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(CONFIGURATION / "rules" / "*.yml")],
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [urlsplit(url).netloc]}]}
            for name, url in metrics_urls.items()
        ],
    }


Series = dict[str, list[float]]
"""The finite values of each series, by its labels as text."""


class Asking:
    """Asks it for what panels show; an expression that it does not take fails the test."""

    def __init__(self, server: Prometheus) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{server.port}/api/v1", timeout=10)

    def close(self) -> None:
        self._client.close()

    def over(self, expression: str, *, since: float, until: float) -> Series:
        """By the second."""
        span = {"start": f"{since:.3f}", "end": f"{until:.3f}", "step": "1"}
        return _finite(self._get("/query_range", query=expression, **span)["result"])

    def at_end(self, expression: str, *, until: float) -> Series:
        found = self._get("/query", query=expression, time=f"{until:.3f}")["result"]
        return _finite([{**one, "values": [one["value"]]} for one in found])

    def holds(self, expression: str) -> bool:
        """There is something of which it is true now."""
        return bool(self.at_end(expression, until=time.time()))

    def exemplars(self, selector: str, *, since: float, until: float) -> list[str]:
        """The traces that they name."""
        span = {"start": f"{since:.3f}", "end": f"{until:.3f}"}
        found = self._get("/query_exemplars", query=selector, **span)
        return [point["labels"]["trace_id"] for one in found for point in one["exemplars"]]

    def _get(self, path: str, **parameters: str) -> Any:
        answer = self._client.get(path, params=parameters)
        assert answer.status_code == 200, f"{parameters['query']}: {answer.text}"
        return answer.json()["data"]


def _finite(result: list[dict[str, Any]]) -> Series:
    """NaN is what a share or a quantile of nothing is."""
    found = {}
    for one in result:
        values = [float(text) for _, text in one["values"]]
        kept = [value for value in values if math.isfinite(value)]
        if kept:
            labels = ", ".join(f"{name}={text}" for name, text in sorted(one["metric"].items()))
            found[labels] = kept
    return found
