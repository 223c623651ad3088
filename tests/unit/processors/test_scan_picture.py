"""The scan before detection: what becomes of the request, its picture, and whoever must know."""

import asyncio
import hashlib
from typing import Any

import pytest
import structlog

from processors.detect import DetectImage
from processors.detectors.memory import MemoryDetector
from processors.scan.memory import MemoryScanner
from processors.scan.settings import ScannerSettings
from schemas.events import ImageSubmitted
from schemas.failures import FailureCode
from schemas.pictures import object_key
from storage.audit_events import Action, AuditQuery
from tests.support.events import placed, record_of
from tests.support.eventually import eventually
from tests.unit.processors.bench import Bench
from tests.unit.processors.test_detect import PICTURE, REQUEST_ID, stored, submitted
from topics.catalog import ANALYSIS_FAILED, IMAGE_SUBMITTED
from topics.retries import later

RETRIES = IMAGE_SUBMITTED.retry_name
MARK = b"a mark of malware"
BAD = PICTURE + MARK
NAME = "Test.Mark"


def bad(**fields: Any) -> ImageSubmitted:
    sha256 = hashlib.sha256(BAD).hexdigest()
    named = {"sha256": sha256, "object_key": object_key("acme", REQUEST_ID, sha256)}
    return submitted(**(named | fields))


async def stored_keys(bench: Bench) -> list[str]:
    return [one.key for one in await bench.images.page("", 10)]


class Scene:
    """A detector behind a scanner, worked by the guard as in a worker."""

    def __init__(self, bench: Bench, scanner: MemoryScanner | None, **settings: Any) -> None:
        self.bench = bench
        self.detector = MemoryDetector()
        pictures = bench.pictures(scanner, ScannerSettings.model_validate(settings))
        self.settlement = bench.settlement(
            DetectImage(
                pictures=pictures, detector=self.detector, publisher=bench.publisher,
                outcomes=bench.outcomes, metrics=bench.metrics, clock=bench.clock,
                interactive=True,
            )
        )  # fmt: skip

    async def work(self, event: ImageSubmitted) -> None:
        await self.settlement.settle(record_of(event))

    def scans(self, outcome: str) -> float:
        return self.bench.count("analyzer_scans_total", outcome=outcome)


@pytest.fixture
def scanner() -> MemoryScanner:
    return MemoryScanner({MARK: NAME}, upsetting=b"upset", max_bytes=500)


async def test_a_clean_picture_is_scanned_once_and_analyzed(
    bench: Bench, scanner: MemoryScanner
) -> None:
    scene = Scene(bench, scanner)
    await scene.work(await stored(bench, submitted()))
    assert scanner.seen == [PICTURE]
    assert len(bench.results()) == 1
    assert scene.scans("clean") == 1


async def test_malware_ends_the_request_and_its_object_before_anything_decodes_it(
    bench: Bench, scanner: MemoryScanner, log: list[structlog.types.EventDict]
) -> None:
    scene = Scene(bench, scanner)
    event = await stored(bench, bad(), BAD)
    await scene.work(event)
    (failed,) = bench.failures()
    assert (failed.code, failed.retryable) == (FailureCode.MALWARE_DETECTED, False)
    assert NAME not in failed.message
    assert scene.detector.seen == []
    assert await stored_keys(bench) == []
    assert scene.scans("found") == 1
    (line,) = [entry for entry in log if entry["event"] == "malware_found"]
    assert (line["signature"], line["sha256"], line["tenant_id"]) == (NAME, event.sha256, "acme")
    assert MARK.decode() not in repr(log)


async def test_malware_is_audited(bench: Bench, scanner: MemoryScanner) -> None:
    await Scene(bench, scanner).work(await stored(bench, bad(), BAD))
    (entry,) = await bench.audit.find(AuditQuery(action=Action.MALWARE_FOUND))
    assert (entry.event.tenant_id, entry.event.target) == ("acme", str(REQUEST_ID))
    assert entry.event.details["signature"] == NAME


async def test_quarantine_keeps_the_bytes_out_of_the_tenants_reach(
    bench: Bench, scanner: MemoryScanner
) -> None:
    event = await stored(bench, bad(), BAD)
    await Scene(bench, scanner, when_found="quarantine").work(event)
    (key,) = await stored_keys(bench)
    assert key == f"_quarantine/{event.object_key}"
    assert await bench.images.get(key, max_bytes=1000) == BAD


async def test_a_crash_before_the_object_is_gone_changes_nothing_but_the_time(
    bench: Bench, scanner: MemoryScanner
) -> None:
    scene, event = Scene(bench, scanner), bad()
    for _ in range(2):  # the second time as after a restart: told, and not yet deleted
        await scene.work(await stored(bench, event, BAD))
    first, second = bench.written(ANALYSIS_FAILED.name)
    assert first.header("ce_id") == second.header("ce_id")
    assert {failed.code for failed in bench.failures()} == {FailureCode.MALWARE_DETECTED}
    assert await stored_keys(bench) == []


async def test_only_the_announced_bytes_are_scanned(bench: Bench, scanner: MemoryScanner) -> None:
    scene = Scene(bench, scanner)
    await scene.work(await stored(bench, submitted(), BAD))
    assert [failed.code for failed in bench.failures()] == [FailureCode.INTEGRITY_MISMATCH]
    assert scanner.seen == []


async def test_a_scanner_that_is_gone_fails_the_request_after_all_tries(
    bench: Bench, scanner: MemoryScanner
) -> None:
    scanner.is_down = True
    scene, event = Scene(bench, scanner), await stored(bench, submitted())
    await scene.work(event)
    assert len(bench.written(RETRIES)) == 1
    assert not bench.failures()
    assert scene.scans("unavailable") == 3
    await scene.settlement.settle(placed(later(record_of(event), delay_s=0, rounds=1)))
    (failed,) = bench.failures()
    assert (failed.code, failed.retryable) == (FailureCode.SCAN_UNAVAILABLE, True)
    assert scene.detector.seen == []
    assert bench.written(IMAGE_SUBMITTED.dead_letter_name)


async def test_a_picture_that_upsets_a_scanner_is_never_analyzed_whatever_the_setting(
    bench: Bench, scanner: MemoryScanner
) -> None:
    content = PICTURE + b"upset"
    event = submitted(sha256=hashlib.sha256(content).hexdigest())
    for setting in ("fail", "hold", "skip"):
        scene = Scene(bench, scanner, when_unavailable=setting)
        await scene.work(await stored(bench, event, content))
        assert scene.detector.seen == []
    assert scene.scans("failed") == 9
    assert len(bench.written(RETRIES)) == 3


async def test_a_picture_too_large_for_the_scanner_is_final_whatever_the_setting(
    bench: Bench, scanner: MemoryScanner
) -> None:
    content = bytes(501)
    event = submitted(sha256=hashlib.sha256(content).hexdigest())
    for setting in ("fail", "hold", "skip"):
        scene = Scene(bench, scanner, when_unavailable=setting)
        await scene.work(await stored(bench, event, content))
        failed = bench.failures()[-1]
        assert (failed.code, failed.retryable) == (FailureCode.SCAN_UNAVAILABLE, False)
        assert scene.detector.seen == []
    assert scene.scans("refused") == 3


async def test_held_pictures_wait_and_none_is_failed(bench: Bench, scanner: MemoryScanner) -> None:
    scanner.is_down = True
    scene = Scene(bench, scanner, when_unavailable="hold")
    event = await stored(bench, submitted())
    work = asyncio.create_task(scene.work(event))
    await eventually(lambda: scene.settlement.pulse.is_waiting)
    assert set(scene.settlement.pulse.holds) == {"scanner"}
    assert bench.count("analyzer_dependency_up", dependency="scanner") == 0
    scanner.is_down = False
    await work
    assert len(bench.results()) == 1
    assert not bench.failures()


async def test_skipped_pictures_are_analyzed_and_each_is_told(
    bench: Bench, scanner: MemoryScanner, log: list[structlog.types.EventDict]
) -> None:
    scanner.is_down = True
    scene = Scene(bench, scanner, when_unavailable="skip")
    await scene.work(await stored(bench, submitted()))
    assert len(bench.results()) == 1
    assert scene.scans("skipped") == 1
    assert [entry["event"] for entry in log].count("scan_skipped") == 1


async def test_without_a_scanner_it_is_counted_that_nothing_was_scanned(bench: Bench) -> None:
    scene = Scene(bench, None)
    await scene.work(await stored(bench, submitted()))
    assert len(bench.results()) == 1
    assert scene.scans("off") == 1
