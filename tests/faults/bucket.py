"""The bucket is gone, slow, and loses its answers: F18 to F20 and F23."""

import time

from tests.faults.evidence import Allowance
from tests.faults.fault import Fault
from tests.faults.ledger import Operation
from tests.faults.scene import Scene

_BUCKET = Allowance(shows=frozenset({"bucket"}))


async def _gone_at_ingest(scene: Scene) -> None:
    began = time.time()
    with scene.rig.links.s3.refused():
        await scene.hold(12.0)
        statuses = scene.attempts(since=began + 1.0, kind="upload")
        served = [status for status in statuses if status != 503]
        scene.require(statuses, "no upload was answered meanwhile")
        scene.require(not served, f"uploads were answered {served[:5]} without a bucket")
        sent = {one.first.sha256 for one in _open_uploads(scene, began + 1.0)}
        rows = await scene.rows()
        kept = [row.request_id for row in rows if row.sha256 in sent]
        scene.require(not kept, f"{len(kept)} rows are there without a bucket")


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


async def _narrow(scene: Scene) -> None:
    """A picture takes fourteen seconds; whatever does not need one goes on."""
    began = time.time()
    with scene.rig.links.s3.narrow(kilobytes_per_s=1):
        await scene.hold(25.0)
        statuses = scene.attempts(since=began)
        hung = statuses.count(0)
        scene.require(not hung, f"{hung} of {len(statuses)} posts were never answered")
        failed = [state for state in (await scene.states()).values() if state == "failed"]
        scene.require(not failed, f"{len(failed)} failed for a slow bucket")


async def _answers_lost(scene: Scene) -> None:
    """The object is stored, and whoever stored it is not told."""
    began = time.time()
    with scene.rig.links.s3.cut_after(answer_bytes=1):
        await scene.hold(10.0)
    statuses = scene.attempts(since=began, kind="upload")
    scene.require(503 in statuses, "no answer of the bucket was lost")


def _open_uploads(scene: Scene, since: float) -> list[Operation]:
    return [
        one
        for one in scene.ledger.with_outcome("info")
        if one.first.kind == "upload" and one.first.t_sent >= since
    ]


FAULTS = (
    Fault(
        "F18", "bucket gone at ingest", "uploads get 503 with Retry-After, and have no row",
        _gone_at_ingest, _BUCKET,
    ),
    Fault(
        "F19", "bucket gone at the worker",
        "held and probed, nothing failed or set aside; drains once it is back",
        _gone_at_the_worker, _BUCKET,
    ),
    Fault(
        "F20", "bucket slow, 1 KB/s", "nobody hangs, nothing fails for it", _narrow,
    ),
    Fault(
        "F23", "stored, and the answer lost", "a repeat gives one request; the rest is reaped",
        _answers_lost,
    ),
)  # fmt: skip
