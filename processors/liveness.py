"""Whether a worker still does its work, seen from outside Faust, which can idle unnoticed."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import faust
from faust.exceptions import ConsumerNotStarted

from processors.health_server import WorkerHealth
from processors.pulse import Pulse
from telemetry.logs import get_logger
from topics.errors import LogUnavailableError
from topics.membership import view_group
from topics.settings import KafkaSettings

_log = get_logger(__name__)
_EVERY_S = 5.0
_GRACE_S = 20.0
_STUCK_AFTER_S = 90.0


@dataclass(slots=True)
class Consumption:
    """One application, the topics it works, and their pulses."""

    app: faust.App
    group: str
    topics: tuple[str, ...]
    pulses: tuple[Pulse, ...]
    ill_since: float | None = None
    problem: str = ""
    is_assigned: bool = field(default=False)


class Liveness:
    """Live is progress or a hold. Not live: work that stands still without a hold; or no partition
    although the group has some to give, or a missing topic, for 20 s while the broker answers."""

    def __init__(self, kafka: KafkaSettings, consumptions: Sequence[Consumption]) -> None:
        self._kafka = kafka
        self._consumptions = consumptions

    async def run(self) -> None:
        """Raises RuntimeError when the worker should be started again."""
        while True:
            await asyncio.sleep(_EVERY_S)
            for one in self._consumptions:
                await self._look(one)
            problems = self.health().problems
            if problems:
                raise RuntimeError(f"not live: {'; '.join(problems)}")

    def health(self) -> WorkerHealth:
        now = time.monotonic()
        pulses = [pulse for one in self._consumptions for pulse in one.pulses]
        stuck = [f"{p.name}: no progress" for p in pulses if p.is_stuck(after_s=_STUCK_AFTER_S)]
        ill = [
            f"{one.group}: {one.problem}"
            for one in self._consumptions
            if one.ill_since is not None and now - one.ill_since > _GRACE_S
        ]
        holding = sorted({name for pulse in pulses for name in pulse.holds})
        is_ready = all(one.is_assigned or _has_partitions(one.app) for one in self._consumptions)
        return WorkerHealth(
            live=not stuck and not ill,
            ready=is_ready and not holding and not any(p.is_stopped_by_limit for p in pulses),
            processors=tuple(one.group for one in self._consumptions),
            holding=tuple(holding),
            problems=(*stuck, *ill),
        )

    async def _look(self, one: Consumption) -> None:
        try:
            view = await view_group(self._kafka, one.group, one.topics)
        except LogUnavailableError:
            one.ill_since = None
            return
        problem = ""
        if view.missing_topics:
            problem = f"topics missing: {', '.join(view.missing_topics)}"
        elif view.members == 0:
            problem = "not a member of its group"
        elif not _has_partitions(one.app) and view.members < view.partitions:
            problem = "no partition although there are some to give"
        one.is_assigned = not problem
        if not problem:
            one.ill_since = None
        elif one.ill_since is None:
            one.ill_since, one.problem = time.monotonic(), problem
            _log.warning("worker_ill", group=one.group, problem=problem)


def _has_partitions(app: faust.App) -> bool:
    if not app.started:
        return False
    try:
        return bool(app.consumer.assignment())
    except ConsumerNotStarted:
        return False
