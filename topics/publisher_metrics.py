"""What is sent, and how long the log takes to confirm it."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from telemetry.metrics import Metrics
from telemetry.timing import Timing


def counted_sending(metrics: Metrics) -> Timing:
    """Around the sending of one record to a topic. One that is given up from outside may lie in
    the log: it counts as sent, with `cancelled` as its error."""

    @contextmanager
    def around(topic: str) -> Iterator[None]:
        began, error_type = time.perf_counter(), ""
        try:
            yield
        except asyncio.CancelledError:
            error_type = "cancelled"
            raise
        except Exception as error:
            error_type = type(error).__name__
            raise
        finally:
            metrics.sent.labels(topic, error_type).inc()
            metrics.send_seconds.labels("send", topic).observe(time.perf_counter() - began)

    return around
