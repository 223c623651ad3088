"""Workers die, hang, come and go: F24 to F26 and F29."""

from tests.faults.evidence import Allowance
from tests.faults.fault import Fault
from tests.faults.scene import Scene

_DETECT = Allowance(disturbs=frozenset({"detect"}))


async def _killed_in_mid_batch(scene: Scene) -> None:
    """With sixteen in work: the burst is more than it can have done."""
    for _ in range(3):
        before = await scene.finished()
        burst = scene.load.burst(40)
        await burst
        await scene.do(scene.rig.detect.kill)
        after = await scene.finished()
        total = len(await scene.states())
        scene.require(after < total, f"nothing was in work: {after} of {total}, {before} before")
        await scene.hold(4.0)


FAULTS = (
    Fault(
        "F24", "detector killed in mid batch", "what was unfinished is done, nothing is doubled",
        _killed_in_mid_batch, _DETECT,
    ),
)  # fmt: skip
