"""Metrics on a port of their own: `/metrics` and nothing else, for whoever is let near it."""

import asyncio

import httpx
import pytest
from structlog.testing import capture_logs

from telemetry.metrics import Metrics
from telemetry.metrics_port import MetricsSettings, metrics_told


async def ask(port: int, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{port}{path}", headers=headers)


async def test_it_tells_what_is_asked_for() -> None:
    with capture_logs() as lines:
        async with metrics_told(Metrics("api"), MetricsSettings(port=0)):
            port = lines[-1]["port"]
            plain = await ask(port, "/metrics?x=1")
            assert plain.status_code == 200
            assert plain.headers["content-type"].startswith("text/plain; version=")
            assert "# TYPE analyzer_sse_clients gauge" in plain.text
            rich = await ask(port, "/metrics", accept="application/openmetrics-text;version=1.0.0")
            assert rich.headers["content-type"].startswith("application/openmetrics-text")
            assert rich.text.endswith("# EOF\n")
            assert (await ask(port, "/health")).status_code == 404
        with pytest.raises(httpx.ConnectError):
            await ask(port, "/metrics")


async def test_without_a_port_nobody_listens() -> None:
    with capture_logs() as lines:
        async with metrics_told(Metrics("api"), MetricsSettings()):
            pass
    assert lines == []


async def test_a_port_that_another_has_is_named() -> None:
    other = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    with capture_logs() as lines, pytest.raises(OSError, match="in use"):
        async with metrics_told(Metrics("api"), MetricsSettings(port=port)):
            pass
    other.close()
    await other.wait_closed()
    assert [(line["event"], line["port"]) for line in lines] == [("metrics_not_told", port)]
