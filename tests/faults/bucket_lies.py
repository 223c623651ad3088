"""The bucket errs, and gives back other bytes than it was given: F21 and F22."""

from pathlib import Path

from tests.faults.evidence import Allowance, Evidence, Row
from tests.faults.fault import Fault
from tests.faults.s3_stub import erring_server
from tests.faults.scene import Scene

_ERRORS = (
    (503, "SlowDown"), (500, "InternalError"), (403, "RequestTimeTooSkewed"), (403, "AccessDenied"),
)  # fmt: skip
_CORRUPT = frozenset({"integrity_mismatch", "object_missing"})


async def _errs(scene: Scene) -> None:
    for status, code in _ERRORS:
        async with erring_server(status, code) as port:
            with scene.rig.links.s3.led_to(port):
                await scene.hold(6.0)
        failed = [state for state in (await scene.states()).values() if state == "failed"]
        scene.require(not failed, f"{len(failed)} failed while the bucket said {code}")


async def _other_bytes(scene: Scene) -> None:
    """Four pictures are altered behind the product's back before the detector gets to them, and
    put back as they were once it has."""
    await scene.do(scene.rig.detect.pause)
    ids = scene.ids_of(await scene.load.burst(12))
    rows = [row for row in await scene.rows() if row.request_id in ids and row.state == "accepted"]
    scene.require(len(rows) >= 5, f"only {len(rows)} were still to be detected")
    files = [scene.rig.objects / row.object_key for row in rows[-5:]]
    originals = [file.read_bytes() for file in files]
    _spoil(files, originals)
    await scene.do(scene.rig.detect.resume)
    scene.spoilt += [row.request_id for row in rows[-5:-1]]
    await scene.until_states(scene.spoilt, "failed", within_s=30)
    for file, original in zip(files, originals, strict=True):
        file.write_bytes(original)


def _spoil(files: list[Path], originals: list[bytes]) -> None:
    """Overwritten, truncated, exchanged for another's, removed; the fifth stays as it is."""
    files[0].write_bytes(bytes(len(originals[0])))
    files[1].write_bytes(originals[1][:1000])
    files[2].write_bytes(originals[4])
    files[3].unlink()


def _never_for_other_bytes(scene: Scene, evidence: Evidence) -> list[str]:
    spoilt: list[Row] = [row for row in evidence.rows if row.request_id in scene.spoilt]
    codes = sorted(row.failure_code for row in spoilt)
    if codes == ["integrity_mismatch"] * 3 + ["object_missing"]:
        return []
    return [f"the four pictures that were altered ended with {codes}"]


FAULTS = (
    Fault(
        "F21", "bucket answers 503, 500 and 403", "nothing fails for it; goes on by itself", _errs,
        Allowance(shows=frozenset({"bucket"})),
    ),
    Fault(
        "F22", "objects corrupt, truncated, exchanged, missing",
        "failed as such, never a result for other bytes",
        _other_bytes, Allowance(fails_with=_CORRUPT), _never_for_other_bytes,
    ),
)  # fmt: skip
