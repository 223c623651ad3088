"""Whether the connections to PostgreSQL suffice, as their pool counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class PoolState:
    """`waited_s` and `timeouts` only grow."""

    idle: int
    used: int
    most: int
    waiting: int
    waited_s: float
    timeouts: int


def to_pool_state(counts: Mapping[str, int]) -> PoolState:
    """From what psycopg's pool counts; it leaves out what never happened."""
    size, idle = counts.get("pool_size", 0), counts.get("pool_available", 0)
    return PoolState(
        idle=idle,
        used=size - idle,
        most=counts.get("pool_max", 0),
        waiting=counts.get("requests_waiting", 0),
        waited_s=counts.get("requests_wait_ms", 0) / 1000,
        timeouts=counts.get("requests_errors", 0),
    )


def show_pool(state: Callable[[], PoolState], metrics: Metrics) -> None:
    """From now on each scrape asks the pool."""
    connections = metrics.database_connections
    connections.labels("idle").set_function(lambda: state().idle)
    connections.labels("used").set_function(lambda: state().used)
    metrics.database_connections_most.set_function(lambda: state().most)
    metrics.database_waiting.set_function(lambda: state().waiting)
    metrics.database_wait_seconds.follow(lambda: state().waited_s)
    metrics.database_timeouts.follow(lambda: state().timeouts)
