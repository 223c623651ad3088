"""What is in work, what waits and for what, as a scrape asks for it."""

from collections.abc import Iterable
from typing import Final

from processors.liveness import FaustMember
from processors.pulse import Pulse
from telemetry.metrics import Metrics

_HELD_FOR: Final = ("kafka", "postgres", "bucket", "scanner")


def show_work(pulses: Iterable[Pulse], metrics: Metrics, *, most: int) -> None:
    """`most` may be in work of each topic."""
    for pulse in pulses:
        metrics.in_work_limit.labels(pulse.name).set(most)
        _show_pulse(pulse, metrics)


def show_member(group: str, member: FaustMember, metrics: Metrics) -> None:
    metrics.assigned_partitions.labels(group).set_function(lambda: member.partitions)


def _show_pulse(pulse: Pulse, metrics: Metrics) -> None:
    topic = pulse.name
    metrics.in_work.labels(topic).set_function(lambda: pulse.in_flight)
    metrics.stopped_by_limit.labels(topic).set_function(lambda: pulse.stopped_by_limit)
    for dependency in _HELD_FOR:
        _show_held(pulse, dependency, metrics)


def _show_held(pulse: Pulse, dependency: str, metrics: Metrics) -> None:
    held = metrics.held.labels(pulse.name, dependency)
    held.set_function(lambda: pulse.holds.get(dependency, 0))
