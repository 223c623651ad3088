"""Workers with a real clamd: what it finds goes no further, and what happens while it is gone."""

import hashlib
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from processors.scan.settings import ScannerSettings
from schemas.events import AnalysisFailed, ImageSubmitted
from schemas.failures import FailureCode
from schemas.pictures import object_key
from storage.errors import NotFoundError
from tests.integration.processors.flow import Flow
from tests.integration.processors.outlet import Outlet
from tests.integration.processors.test_dependencies_shown import metrics, ready, shown
from tests.support.events import image_submitted, new_request_id
from tests.support.eventually import eventually
from tests.support.hostile_images import encoded, gradient
from tests.support.services.clamd import EICAR, Clamd
from topics.catalog import ANALYSIS_FAILED, IMAGE_ANALYZED, IMAGE_SUBMITTED

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]

CLEAN = encoded(gradient(), "PNG")
NAMES = (IMAGE_ANALYZED.name, ANALYSIS_FAILED.name, IMAGE_SUBMITTED.dead_letter_name)


@pytest.fixture
async def outlet(flow: Flow) -> AsyncIterator[Outlet]:
    async with Outlet.opened(flow.kafka, NAMES) as opened:
        yield opened


async def send(flow: Flow, picture: bytes) -> ImageSubmitted:
    """As the API does it."""
    now, request_id = datetime.now(UTC), new_request_id()
    sha256 = hashlib.sha256(picture).hexdigest()
    event = image_submitted(
        flow.tenant, request_id=request_id, accepted_at=now, deadline_at=now + timedelta(hours=1),
        sha256=sha256, size_bytes=len(picture),
        object_key=object_key(flow.tenant, request_id, sha256),
    )  # fmt: skip
    await flow.images.put(
        event.object_key, io.BytesIO(picture), size_bytes=len(picture), content_type="image/png"
    )
    await flow.publisher.publish(event)
    return event


async def is_stored(flow: Flow, key: str) -> bool:
    try:
        await flow.images.get(key, max_bytes=10**6)
    except NotFoundError:
        return False
    return True


async def gone(flow: Flow, key: str) -> None:
    for _ in range(100):
        if not await is_stored(flow, key):
            return
    raise AssertionError(f"{key} is still there")


def failures(flow: Flow, outlet: Outlet) -> dict[str, AnalysisFailed]:
    told = [
        AnalysisFailed.read(one.value or b"") for one in outlet.of(ANALYSIS_FAILED, flow.tenant)
    ]
    return {str(one.request_id): one for one in told}


def analyzed(flow: Flow, outlet: Outlet) -> set[str]:
    keys = [(one.key or b"").decode() for one in outlet.of(IMAGE_ANALYZED, flow.tenant)]
    return {key.partition("/")[2] for key in keys}


@pytest.mark.parametrize("where", ["port", "socket"])
@pytest.mark.parametrize("when_found", ["delete", "quarantine"])
async def test_malware_has_its_code_and_its_object_is_gone(
    flow: Flow, outlet: Outlet, clamd: Clamd, where: str, when_found: str
) -> None:
    address = clamd.address if where == "port" else clamd.socket_path
    flow.scanner = ScannerSettings.model_validate({"address": address, "when_found": when_found})
    worker = await flow.start("detect")
    clean, bad = await send(flow, CLEAN), await send(flow, CLEAN + EICAR)
    await outlet.until(lambda: bool(failures(flow, outlet) and analyzed(flow, outlet)), within_s=30)
    (failed,) = failures(flow, outlet).values()
    assert (failed.request_id, failed.code) == (bad.request_id, FailureCode.MALWARE_DETECTED)
    assert not failed.retryable
    assert analyzed(flow, outlet) == {str(clean.request_id)}
    await gone(flow, bad.object_key)
    assert await is_stored(flow, clean.object_key)
    is_kept = await is_stored(flow, f"_quarantine/{bad.object_key}")
    assert is_kept == (when_found == "quarantine")
    for outcome in ("clean", "found"):
        assert f'analyzer_scans_total{{outcome="{outcome}"}} 1.0' in metrics(worker)
    assert "malware_found" in worker.log
    assert EICAR.decode() not in worker.log
    written = b"".join(record.value or b"" for record in outlet.records)
    assert b"Eicar" not in written
    assert EICAR not in written


async def test_pictures_fail_as_unscanned_after_all_tries(
    flow: Flow, outlet: Outlet, clamd_to_break: Clamd
) -> None:
    flow.scanner = ScannerSettings(address=clamd_to_break.address)
    worker = await flow.start("detect", "retry")
    clamd_to_break.kill()
    event = await send(flow, CLEAN)
    await outlet.until(lambda: bool(failures(flow, outlet)), within_s=40)
    (failed,) = failures(flow, outlet).values()
    assert (failed.code, failed.retryable) == (FailureCode.SCAN_UNAVAILABLE, True)
    assert failed.attempts == 6
    assert not analyzed(flow, outlet)
    assert await is_stored(flow, event.object_key)
    await eventually(lambda: shown(worker).get("scanner") == ("down", "0.0"), within_s=10)
    assert ready(worker)[0] == 200
    clamd_to_break.start()
    await eventually(lambda: shown(worker).get("scanner") == ("up", "1.0"), within_s=10)
    again = await send(flow, CLEAN)
    await outlet.until(lambda: analyzed(flow, outlet) == {str(again.request_id)}, within_s=20)


@pytest.mark.parametrize("outage", ["killed", "paused"])
async def test_held_pictures_wait_for_it_and_none_is_failed(
    flow: Flow, outlet: Outlet, clamd_to_break: Clamd, outage: str
) -> None:
    flow.scanner = ScannerSettings(
        address=clamd_to_break.address, when_unavailable="hold", timeout_s=1
    )
    worker = await flow.start("detect")
    if outage == "killed":
        clamd_to_break.kill()
    else:
        clamd_to_break.pause()
    sent = {str((await send(flow, CLEAN)).request_id) for _ in range(5)}
    await eventually(lambda: "scanner" in worker.health().get("holding", ()), within_s=20)
    assert ready(worker)[0] == 503
    await outlet.read(for_s=2)
    assert not outlet.records
    if outage == "killed":
        clamd_to_break.start()
    else:
        clamd_to_break.resume()
    await outlet.until(lambda: analyzed(flow, outlet) == sent, within_s=40)
    assert not failures(flow, outlet)
    await eventually(lambda: ready(worker)[0] == 200, within_s=20)


async def test_skipped_pictures_are_analyzed_and_it_is_said_of_each(
    flow: Flow, outlet: Outlet, clamd_to_break: Clamd
) -> None:
    flow.scanner = ScannerSettings(address=clamd_to_break.address, when_unavailable="skip")
    worker = await flow.start("detect")
    clamd_to_break.kill()
    sent = {str((await send(flow, CLEAN)).request_id) for _ in range(3)}
    await outlet.until(lambda: analyzed(flow, outlet) == sent, within_s=30)
    assert 'analyzer_scans_total{outcome="skipped"} 3.0' in metrics(worker)
    assert worker.log.count("scan_skipped") == 3
