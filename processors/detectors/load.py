"""How much the children have to do, as a scrape asks for it."""

from collections.abc import Callable
from dataclasses import dataclass

from telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Load:
    """Pictures in work, and those that wait for a turn in each lane."""

    children: int
    busy: int
    interactive: int
    bulk: int


def show_load(load: Callable[[], Load], metrics: Metrics) -> None:
    metrics.detector_children.set_function(lambda: load().children)
    metrics.detector_busy.set_function(lambda: load().busy)
    metrics.detector_waiting.labels("interactive").set_function(lambda: load().interactive)
    metrics.detector_waiting.labels("bulk").set_function(lambda: load().bulk)
