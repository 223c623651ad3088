"""Workers die, hang, come and go: F24 to F26 and F29."""

import random

from tests.faults.evidence import Allowance, Evidence
from tests.faults.fault import Act, Fault
from tests.faults.scene import Scene

DETECT = Allowance(disturbs=frozenset({"detect", "detect-2"}))
_KILLS = 30
_ZOMBIE_S = 60.0
_STORM_ROUNDS = 10
_CALM_S = 30.0


def killed_in_mid_batch(times: int) -> Act:
    """A burst of forty is more than the detector can have done when it dies."""

    async def act(scene: Scene) -> None:
        for _ in range(times):
            await scene.load.burst(40)
            await scene.do(scene.rig.detect.kill)
            states = list((await scene.states()).values())
            scene.require("accepted" in states, "nothing was in work")
            await scene.hold(4.0)

    return act


async def _kill_storm(scene: Scene) -> None:
    """Faust's own schedule: thirty kills, a tenth of a second to a second apart, whenever there
    is something to kill."""
    chance, kills = random.Random(scene.seed), 0  # noqa: S311 - to repeat a run
    while kills < _KILLS:
        await scene.hold(chance.uniform(0.1, 1.0))
        if scene.rig.detect.is_running:
            await scene.do(scene.rig.detect.kill)
            kills += 1


async def _zombie(scene: Scene) -> None:
    """Another worker takes its partitions; what it finished may not change when the first comes
    back and goes on with what it had in its hands."""
    other = scene.rig.another_detector()
    await scene.rig.until_ready()
    await scene.load.burst(30)
    await scene.do(scene.rig.detect.pause)
    await scene.hold(_ZOMBIE_S)
    await scene.witness()
    await scene.do(scene.rig.detect.resume)
    await scene.hold(8.0)
    await scene.do(other.stop)
    scene.rig.extra.clear()


async def _rebalance_storm(scene: Scene) -> None:
    for _ in range(_STORM_ROUNDS):
        other = scene.rig.another_detector()
        await scene.hold(2.0)
        await scene.do(other.stop)
        scene.rig.extra.clear()
        await scene.hold(2.0)


def _nobody_starved(scene: Scene, evidence: Evidence) -> list[str]:
    del scene
    if evidence.recovered_s is None or evidence.recovered_s > _CALM_S:
        return [f"some partition was starved: {evidence.recovered_s} s after calm"]
    return []


FAULTS = (
    Fault(
        "F24", "detector killed in mid batch", "what was unfinished is done, nothing is doubled",
        killed_in_mid_batch(3), DETECT,
    ),
    Fault(
        "F25", "detector killed 30 times", "goes on; no lag 60 s after", _kill_storm, DETECT,
    ),
    Fault(
        "F26", "detector paused for 60 s, then a zombie",
        "no finished result changes, nobody is told twice", _zombie, DETECT,
    ),
    Fault(
        "F29", "a detector joins and leaves every 2 s", "no partition is starved 30 s after calm",
        _rebalance_storm, DETECT, _nobody_starved,
    ),
)  # fmt: skip
