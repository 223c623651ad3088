"""The cache is gone, slow, wrong, unwilling, and empty: F13 to F17."""

import time

from tests.faults.evidence import Allowance
from tests.faults.fault import Fault
from tests.faults.scene import Scene

_REDIS = Allowance(shows=frozenset({"redis"}))


async def _gone(scene: Scene) -> None:
    began = time.time()
    await scene.do(scene.rig.redis.kill)
    await scene.hold(15.0)
    _nobody_notices(scene, began)
    await scene.do(scene.rig.redis.start)


def _nobody_notices(scene: Scene, since: float) -> None:
    statuses = scene.attempts(since=since)
    errors = [status for status in statuses if status not in {200, 202}]
    scene.require(statuses, "nothing was asked meanwhile")
    scene.require(not errors, f"{len(errors)} of {len(statuses)} posts had errors: {errors[:5]}")


FAULTS = (
    Fault(
        "F13", "Redis killed", "everything is served from the record; nobody gets an error",
        _gone, _REDIS,
    ),
)  # fmt: skip
