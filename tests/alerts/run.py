"""Break, see the alerts fire, heal, see them go."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.alerts.fault import Fault
from tests.alerts.stage import Stage, running_stage
from tests.alerts.table import Order
from tests.alerts.watch import NotSeenError

_BEFORE_S = 90.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one alert. Seconds are those of the shortened rules, from the breaking and from the
    healing; None where it was not seen."""

    alert: str
    fault: str
    fired_s: float | None = None
    cleared_s: float | None = None
    problem: str = ""

    @property
    def passed(self) -> bool:
        return not self.problem


Note = Callable[[Verdict], None]


async def run(order: Order, folder: Path, note: Note) -> None:
    """Each verdict is noted when it is known. Raises what keeps the product from starting."""
    async with running_stage(folder) as stage:
        beside = [asyncio.create_task(_prove(fault, stage, note)) for fault in order.beside]
        try:
            await _in_turn(order.groups, stage, note)
            await asyncio.gather(*beside)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        await _in_turn(order.last, stage, note)


async def _in_turn(groups: Sequence[Sequence[Fault]], stage: Stage, note: Note) -> None:
    for group in groups:
        await asyncio.gather(*(_prove(fault, stage, note) for fault in group))


async def _prove(fault: Fault, stage: Stage, note: Note) -> None:
    """Whatever goes wrong is a verdict, so that the other faults are seen as well."""
    try:
        for verdict in await _verdicts(fault, stage):
            note(verdict)
    except Exception as error:  # noqa: BLE001 - the verdict has to name it, whatever it is
        for one in fault.alerts:
            note(Verdict(one.name, fault.what, problem=f"the fault broke off: {error!r}"))


async def _verdicts(fault: Fault, stage: Stage) -> list[Verdict]:
    watch, alerts = stage.watch, fault.alerts
    await asyncio.gather(
        *(watch.until_inactive(one.name, one.labels, within_s=_BEFORE_S) for one in alerts)
    )
    async with fault.broken(stage):
        fired = await asyncio.gather(
            *(
                watch.until_firing(one.name, one.labels, within_s=fault.fires_within_s)
                for one in alerts
            ),
            return_exceptions=True,
        )
    async with _going_on(fault, stage):
        cleared = await asyncio.gather(
            *(
                watch.until_inactive(one.name, one.labels, within_s=fault.clears_within_s)
                for one in alerts
            ),
            return_exceptions=True,
        )
    return [
        _verdict(one.name, fault.what, *times)
        for one, *times in zip(alerts, fired, cleared, strict=True)
    ]


@asynccontextmanager
async def _going_on(fault: Fault, stage: Stage) -> AsyncIterator[None]:
    task = asyncio.ensure_future(fault.afterwards(stage))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _verdict(
    name: str, what: str, fired: float | BaseException, cleared: float | BaseException
) -> Verdict:
    """An alert that did not come has not been seen to go."""
    for found in (fired, cleared):
        if isinstance(found, NotSeenError):
            return Verdict(name, what, _seconds(fired), None, str(found))
        if isinstance(found, BaseException):
            raise found
    return Verdict(name, what, _seconds(fired), _seconds(cleared))


def _seconds(found: float | BaseException) -> float | None:
    return None if isinstance(found, BaseException) else found
