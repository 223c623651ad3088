"""Each process says which build it is, and whether its event loop keeps up."""

import platform
import time

from telemetry.metrics import Metrics
from telemetry.process_watch import product_version, watched_process
from tests.support.eventually import eventually


async def test_the_build_is_told() -> None:
    metrics = Metrics()
    async with watched_process(metrics):
        labels = {"version": product_version(), "python": platform.python_version()}
        assert metrics.registry.get_sample_value("analyzer_build_info", labels) == 1


async def test_a_loop_that_was_blocked_shows() -> None:
    metrics = Metrics()
    told = metrics.registry.get_sample_value

    def seen() -> float:
        return told("analyzer_event_loop_lag_seconds_count") or 0.0

    async with watched_process(metrics, every_s=0.01):
        await eventually(seen)
        before = seen()
        time.sleep(0.3)  # noqa: ASYNC251 - it blocks the loop, which is what is measured
        await eventually(lambda: seen() > before)
    assert (told("analyzer_event_loop_lag_seconds_sum") or 0.0) > 0.25
