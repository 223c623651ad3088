"""The bucket is gone, slow, erring, and not what it was: F18 to F23."""

import time

from tests.faults.evidence import Allowance
from tests.faults.fault import Fault
from tests.faults.scene import Scene

_BUCKET = Allowance(shows=frozenset({"bucket"}), orphans=10_000)


async def _gone_at_the_worker(scene: Scene) -> None:
    """What is accepted and not yet detected when the bucket goes must wait for it."""
    began, began_at = time.time(), time.monotonic()
    await scene.do(scene.rig.detect.pause)
    await scene.hold(2.0)
    await scene.do(scene.rig.s3.kill)
    await scene.do(scene.rig.detect.resume)
    await scene.hold(15.0)
    failed = [state for state in (await scene.states()).values() if state == "failed"]
    scene.require(not failed, f"{len(failed)} failed for lack of the bucket")
    held = {name for one in scene.samples("detect", since=began_at) for name in one.told_down}
    scene.require("bucket" in held, f"the detector holds for {held}, not for the bucket")
    scene.require(scene.accepted(since=began), "nothing was accepted in the whole time")
    await scene.do(scene.rig.s3.start)


FAULTS = (
    Fault(
        "F19", "bucket gone at the worker",
        "held and probed, nothing failed or set aside; drains once it is back",
        _gone_at_the_worker, _BUCKET,
    ),
)  # fmt: skip
