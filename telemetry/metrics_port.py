"""Metrics on a port of their own, so that the public one needs none."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from telemetry.logs import get_logger
from telemetry.metrics import Metrics
from telemetry.plain_http import NOT_FOUND, Answer, PlainServer

_log = get_logger(__name__)


class MetricsSettings(BaseModel):
    """Where the API tells its metrics, at `/metrics` and without a credential: keep the port inside
    your network. Without `port` there is no such listener. Workers tell theirs on
    `ANALYZER_WORKER__HEALTH_PORT`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] | None = None


@asynccontextmanager
async def metrics_told(metrics: Metrics, settings: MetricsSettings) -> AsyncIterator[None]:
    """Inside, `/metrics` is served on the port when there is one. Raises OSError when it cannot be
    had."""
    if settings.port is None:
        yield
        return
    server = PlainServer(
        lambda path, headers: metrics_page(metrics, headers) if path == "/metrics" else NOT_FOUND,
        host=settings.host,
        port=settings.port,
    )
    try:
        await server.start()
    except OSError as error:
        _log.error("metrics_not_told", host=settings.host, port=settings.port, error=str(error))
        raise
    _log.info("metrics_listening", host=server.host, port=server.port)
    try:
        yield
    finally:
        await server.aclose()


def metrics_page(metrics: Metrics, headers: Mapping[str, str]) -> Answer:
    content_type, text = metrics.exposition(headers.get("accept", ""))
    return 200, content_type, text
