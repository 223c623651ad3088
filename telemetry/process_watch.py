"""What a process tells of itself: which build it is, and whether its event loop keeps up."""

import asyncio
import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from telemetry.logs import log_pipe
from telemetry.metrics import Metrics

_EVERY_S = 1.0


@asynccontextmanager
async def watched_process(metrics: Metrics, *, every_s: float = _EVERY_S) -> AsyncIterator[None]:
    """Inside, the loop is asked at intervals how late it is; once a second, so that an idle process
    stays idle."""
    metrics.build_info.labels(product_version(), platform.python_version()).set(1)
    _tell_logs(metrics)
    watching = asyncio.create_task(_watch_loop(metrics, every_s))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def product_version() -> str:
    """`0` where it runs from a checkout that nobody installed."""
    try:
        return version("ai-image-analyzer")
    except PackageNotFoundError:
        return "0"


def _tell_logs(metrics: Metrics) -> None:
    pipe = log_pipe()
    if pipe is not None:
        metrics.log_lines_dropped.follow(lambda: pipe.dropped)
        metrics.log_queue_bytes.set_function(lambda: pipe.waiting_bytes)


async def _watch_loop(metrics: Metrics, every_s: float) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every_s
        await asyncio.sleep(every_s)
        metrics.loop_lag_seconds.observe(max(0.0, loop.time() - due))
