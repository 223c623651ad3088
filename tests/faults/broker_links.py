"""The way to the broker is half open, or torn again and again: F06 and F07."""

import statistics
import time

from tests.faults.broker import accepts_meanwhile
from tests.faults.evidence import Allowance
from tests.faults.fault import Fault
from tests.faults.scene import Scene

_LONGEST_POST_S = 8.0
_STALL_MS = 100.0
_TEARS = 60


async def _half_open(scene: Scene) -> None:
    began, began_at = time.time(), time.monotonic()
    with scene.rig.links.kafka.dumb():
        await scene.hold(25.0)
        accepts_meanwhile(scene, began)
        longest = scene.longest_s(since=began)
        scene.require(longest < _LONGEST_POST_S, f"a post took {longest:.1f} s")
    for process in ("api", "io", "detect"):
        times = [one.health_ms for one in scene.samples(process, since=began_at)]
        usual = statistics.median(times)
        scene.require(usual < _STALL_MS, f"the loop of {process} stalls: {usual:.0f} ms")


async def _torn(scene: Scene) -> None:
    began = time.time()
    for _ in range(_TEARS):
        with scene.rig.links.kafka.torn():
            await scene.hold(0.1)
        await scene.hold(0.4)
    accepts_meanwhile(scene, began)


FAULTS = (
    Fault(
        "F06", "half-open link to the broker",
        "requests time out; no event loop stalls; posts stay short",
        _half_open, Allowance(shows=frozenset({"kafka"})),
    ),
    Fault(
        "F07", "connections to the broker reset, twice a second",
        "repeats on the topics carry the same id", _torn,
    ),
)  # fmt: skip
