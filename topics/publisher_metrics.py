"""What is sent, and how long the log takes to confirm it."""

from contextlib import AbstractContextManager

from telemetry.metrics import Metrics
from telemetry.timing import Timing, ended


def counted_sending(metrics: Metrics) -> Timing:
    """Around the sending of one record to a topic. One that is given up from outside may lie in
    the log: it counts as sent, with `cancelled` as its error."""

    def around(topic: str) -> AbstractContextManager[None]:
        def tell(took_s: float, error_type: str) -> None:
            metrics.sent.labels(topic, error_type).inc()
            metrics.send_seconds.labels("send", topic).observe(took_s)

        return ended(tell)

    return around
