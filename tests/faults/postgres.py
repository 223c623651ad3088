"""The record dies, drops its connections, and stands still: F08 to F10."""

import time

from tests.faults.evidence import Allowance
from tests.faults.fault import Fault
from tests.faults.scene import Scene

_POSTGRES = Allowance(shows=frozenset({"postgres"}), orphans=10_000)


async def _killed_in_mid_transaction(scene: Scene) -> None:
    began = time.time()
    await scene.do(scene.rig.postgres.kill)
    await scene.hold(5.0)
    at_worst = scene.accepted(since=began + 1.0)
    scene.require(at_worst == 0, f"{at_worst} were accepted without the record")
    await scene.hold(5.0)
    await scene.do(scene.rig.postgres.start)
    back = time.time()
    await scene.until(
        lambda: scene.accepted(since=back), within_s=10, what="something accepted after the start"
    )


FAULTS = (
    Fault(
        "F08", "PostgreSQL killed in mid transaction",
        "no answer is a promise; the pool is back within 10 s",
        _killed_in_mid_transaction, _POSTGRES,
    ),
)  # fmt: skip
