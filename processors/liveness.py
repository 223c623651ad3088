"""Whether a worker still does its work, seen from outside Faust, which can idle unnoticed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import faust
from faust.exceptions import ConsumerNotStarted

from processors.health_server import WorkerHealth
from processors.pulse import Pulse
from telemetry.logs import get_logger
from topics.errors import LogUnavailableError
from topics.membership import GroupView

_log = get_logger(__name__)
_BROKER = "kafka"

ViewGroup = Callable[[str, Sequence[str]], Awaitable[GroupView]]
"""Group and its topics to what the broker says of them. Raises LogUnavailableError."""


class NotLiveError(Exception):
    """The worker should be started again."""


class Member(Protocol):
    """An application as the broker's view is compared with it."""

    @property
    def has_partitions(self) -> bool: ...


class FaustMember:
    def __init__(self, app: faust.App) -> None:
        self._app = app

    @property
    def has_partitions(self) -> bool:
        return self.partitions > 0

    @property
    def partitions(self) -> int:
        if not self._app.started:
            return 0
        try:
            return len(self._app.consumer.assignment())
        except ConsumerNotStarted:
            return 0


@dataclass(slots=True)
class Consumption:
    """One application, the topics it works, and their pulses."""

    member: Member
    group: str
    topics: tuple[str, ...]
    pulses: tuple[Pulse, ...]
    ill_since: float | None = None
    problem: str = ""
    is_well: bool = field(default=False)


class Liveness:
    """Live is progress or a hold. Not live: work that stands still without a hold; or no partition
    although the group has some to give, or a missing topic, for `grace_s` while the broker
    answers. A broker that does not answer makes nobody ill, only not ready."""

    def __init__(
        self,
        view_group: ViewGroup,
        consumptions: Sequence[Consumption],
        *,
        every_s: float,
        grace_s: float,
        stuck_after_s: float,
    ) -> None:
        self._view_group = view_group
        self._consumptions = consumptions
        self._every_s = every_s
        self._grace_s = grace_s
        self._stuck_after_s = stuck_after_s
        self._is_broker_up = True

    async def run(self) -> None:
        """Raises NotLiveError."""
        while True:
            await asyncio.sleep(self._every_s)
            await self.look()
            problems = self.health().problems
            if problems:
                raise NotLiveError("; ".join(problems))

    async def look(self) -> None:
        """Ask the broker once about every application."""
        try:
            for one in self._consumptions:
                self._judge(one, await self._view_group(one.group, one.topics))
            self._is_broker_up = True
        except LogUnavailableError as error:
            if self._is_broker_up:
                _log.warning("broker_silent", error=str(error)[:300])
            self._is_broker_up = False
            for one in self._consumptions:
                one.ill_since = None

    def health(self) -> WorkerHealth:
        now = time.monotonic()
        pulses = [pulse for one in self._consumptions for pulse in one.pulses]
        stuck = [
            f"{p.name}: no progress" for p in pulses if p.is_stuck(after_s=self._stuck_after_s)
        ]
        ill = [
            f"{one.group}: {one.problem}"
            for one in self._consumptions
            if one.ill_since is not None and now - one.ill_since > self._grace_s
        ]
        holding = {name for pulse in pulses for name in pulse.holds}
        if not self._is_broker_up:
            holding.add(_BROKER)
        is_ready = all(one.is_well or one.member.has_partitions for one in self._consumptions)
        return WorkerHealth(
            live=not stuck and not ill,
            ready=is_ready and not holding and not any(p.stopped_by_limit for p in pulses),
            processors=tuple(one.group for one in self._consumptions),
            holding=tuple(sorted(holding)),
            problems=(*stuck, *ill),
        )

    def _judge(self, one: Consumption, view: GroupView) -> None:
        problem = ""
        if view.missing_topics:
            problem = f"topics missing: {', '.join(view.missing_topics)}"
        elif view.members == 0:
            problem = "not a member of its group"
        elif not one.member.has_partitions and view.members < view.partitions:
            problem = "no partition although there are some to give"
        one.is_well = not problem
        if not problem:
            one.ill_since = None
        elif one.ill_since is None:
            one.ill_since = time.monotonic()
            _log.warning("worker_ill", group=one.group, problem=problem)
        one.problem = problem
