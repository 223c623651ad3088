"""What the children do to each other, to the parent and to a picture when things go wrong."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from processors.detectors.files import InstalledModel
from processors.detectors.limits import MIB, ChildLimits
from processors.detectors.pool import ChildProcessDetector
from processors.detectors.port import DetectorCrashedError, DetectorStartError, PictureError
from schemas.failures import FailureCode
from tests.integration.detectors.conftest import StartDetector
from tests.support.detector_children import detector_children
from tests.support.detector_models import bundled_models, sample, selection
from tests.support.hostile_images import bomb_png, encoded, gradient, half_transparent, slow_png
from tests.support.process_tree import is_alive, wait_until


async def _finds_the_cat(detector: ChildProcessDetector) -> bool:
    found = await detector.detect(sample("chelsea"), selection(), model=None)
    return [one.name for one in found.objects] == ["cat"]


async def test_a_child_killed_at_work_costs_one_item(start_detector: StartDetector) -> None:
    detector = await start_detector()
    (child,) = detector_children()
    work = asyncio.create_task(detector.detect(slow_png(), selection(), model=None))
    await asyncio.to_thread(wait_until, lambda: _is_busy(child))
    os.kill(child, signal.SIGKILL)
    with pytest.raises(DetectorCrashedError):
        await work
    assert await _finds_the_cat(detector)


def _is_busy(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "R"


async def test_a_child_killed_while_idle_costs_nothing_that_a_retry_does_not_mend(
    start_detector: StartDetector,
) -> None:
    detector = await start_detector()
    (child,) = detector_children()
    os.kill(child, signal.SIGKILL)
    await asyncio.to_thread(wait_until, lambda: not is_alive(child))
    for _ in range(3):
        try:
            assert await _finds_the_cat(detector)
            break
        except DetectorCrashedError:
            continue
    else:
        pytest.fail("the detector did not recover")


async def test_all_children_killed_at_work_are_replaced(start_detector: StartDetector) -> None:
    detector = await start_detector(children=2)
    children = detector_children()
    assert len(children) == 2
    work = [
        asyncio.create_task(detector.detect(slow_png(), selection(), model=None)) for _ in range(6)
    ]
    await asyncio.to_thread(wait_until, lambda: all(_is_busy(child) for child in children))
    for child in children:
        os.kill(child, signal.SIGKILL)
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    crashed = [one for one in outcomes if isinstance(one, DetectorCrashedError)]
    assert len(crashed) >= 2
    assert all(isinstance(one, DetectorCrashedError) or hasattr(one, "objects") for one in outcomes)
    assert await _finds_the_cat(detector)


async def test_an_item_over_its_deadline_is_ended(start_detector: StartDetector) -> None:
    detector = await start_detector(limits=ChildLimits(deadline_s=0.25))
    with pytest.raises(DetectorCrashedError, match=r"deadline of 0\.25 s"):
        await detector.detect(slow_png(), selection(), model=None)
    assert await _finds_the_cat(detector)


async def test_an_item_that_lacks_memory_is_worth_another_try(
    start_detector: StartDetector,
) -> None:
    detector = await start_detector(limits=ChildLimits(headroom_bytes=32 * MIB))
    with pytest.raises(DetectorCrashedError, match="MemoryError"):
        await detector.detect(slow_png(), selection(), model=None)
    assert await _finds_the_cat(detector)


@pytest.mark.parametrize(
    "data",
    [
        encoded(gradient(5_000, 5_000), "WEBP", quality=5, method=0),
        encoded(half_transparent().resize((5_000, 5_000)), "WEBP", quality=5, method=0),
        encoded(half_transparent().resize((5_000, 5_000)), "PNG", compress_level=1),
        encoded(gradient(5_000, 5_000).convert("CMYK"), "JPEG"),
        slow_png(),
    ],
    ids=["webp", "webp with alpha", "png with alpha", "cmyk jpeg", "interlaced png"],
)
async def test_an_innocent_picture_of_25_megapixels_passes_within_the_limits(
    start_detector: StartDetector, data: bytes
) -> None:
    detector = await start_detector()
    for _ in range(2):
        found = await detector.detect(data, selection(), model=None)
        assert (found.picture.width, found.picture.height) == (5_000, 5_000)


async def test_the_fault_of_a_picture_comes_back_as_one(start_detector: StartDetector) -> None:
    detector = await start_detector()
    with pytest.raises(PictureError) as caught:
        await detector.detect(bomb_png(), selection(), model=None)
    assert caught.value.code == FailureCode.IMAGE_TOO_LARGE
    assert await _finds_the_cat(detector)


async def test_children_are_replaced_after_their_share_of_items(
    start_detector: StartDetector,
) -> None:
    detector = await start_detector(limits=ChildLimits(max_items=3))
    before = detector_children()
    while before & detector_children():
        assert await _finds_the_cat(detector)


async def test_children_that_have_grown_are_replaced_without_a_gap(
    start_detector: StartDetector,
) -> None:
    detector = await start_detector(limits=ChildLimits(max_growth_bytes=-MIB))
    before = detector_children()
    assert await _finds_the_cat(detector)
    while before & detector_children():
        assert await _finds_the_cat(detector)


async def test_a_model_that_does_not_load_is_told_at_the_start(tmp_path: Path) -> None:
    (bundled,) = bundled_models()
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    broken = InstalledModel(bundled.entry, tmp_path / "broken.onnx", bundled.sha256)
    detector = ChildProcessDetector([broken], children=1)
    with pytest.raises(DetectorStartError, match="not the model it should be"):
        await detector.start()
    await detector.aclose()


async def test_a_second_model_is_loaded_at_its_first_use(start_detector: StartDetector) -> None:
    (bundled,) = bundled_models()
    other = replace(bundled, entry=replace(bundled.entry, name="other"))
    detector = await start_detector(models=(bundled, other))
    found = await detector.detect(sample("chelsea"), selection(), model="other")
    assert found.model == "other"
    assert [one.name for one in found.objects] == ["cat"]


async def test_interactive_work_overtakes_bulk(start_detector: StartDetector) -> None:
    detector = await start_detector()
    order: list[str] = []

    async def work(name: str, *, interactive: bool) -> None:
        await detector.detect(sample("coffee"), selection(), model=None, interactive=interactive)
        order.append(name)

    bulk = [asyncio.create_task(work("bulk", interactive=False)) for _ in range(8)]
    await asyncio.sleep(0)
    await work("interactive", interactive=True)
    await asyncio.gather(*bulk)
    assert order.index("interactive") <= 2


async def test_cancelled_callers_leave_no_trace(start_detector: StartDetector) -> None:
    detector = await start_detector()
    before = detector_children()
    callers = [
        asyncio.create_task(detector.detect(sample("coffee"), selection(), model=None))
        for _ in range(20)
    ]
    await asyncio.sleep(0)
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    for _ in range(6):
        assert await _finds_the_cat(detector)
    assert detector_children() == before


async def test_whoever_works_or_waits_at_the_end_is_told(start_detector: StartDetector) -> None:
    detector = await start_detector()
    work = [
        asyncio.create_task(detector.detect(slow_png(), selection(), model=None)) for _ in range(5)
    ]
    (child,) = detector_children()
    await asyncio.to_thread(wait_until, lambda: _is_busy(child))
    await detector.aclose()
    outcomes = await asyncio.wait_for(asyncio.gather(*work, return_exceptions=True), 5)
    assert all(isinstance(outcome, DetectorCrashedError) for outcome in outcomes)
    assert not detector_children()


async def test_children_at_work_are_confined(start_detector: StartDetector) -> None:
    detector = await start_detector(children=2)
    assert await _finds_the_cat(detector)
    assert all(_is_confined(child) for child in detector_children())


def _is_confined(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    return "\nSeccomp:\t2\n" in status and "\nNoNewPrivs:\t1\n" in status
