"""What a fault is: how it is done and undone, and what must be seen of it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias

from tests.faults.evidence import Allowance, Evidence
from tests.faults.rig import AnyRig
from tests.faults.scene import Scene

NOTHING = Allowance()

Act: TypeAlias = Callable[[Scene[AnyRig]], Awaitable[None]]


def no_more(scene: Scene[Any], evidence: Evidence) -> Iterable[str]:
    """What `act` requires is all there is to see."""
    del scene, evidence
    return ()


@dataclass(frozen=True, slots=True)
class Fault(Generic[AnyRig]):
    """`act` breaks something under load and mends it again; it says what it sees meanwhile by
    `scene.require`. `check` looks at what is left when all is quiet, and yields what is wrong."""

    number: str
    title: str
    must: str
    act: Act[AnyRig]
    allowance: Allowance = NOTHING
    check: Callable[[Scene[AnyRig], Evidence], Iterable[str]] = no_more
