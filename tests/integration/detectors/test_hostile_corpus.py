"""The hostile corpus through real children: what the table says, and the same children at the end.

Pictures that cost too much would be ended by the limits, which shows as a crash of their child.
"""

from processors.detectors.limits import MIB
from processors.detectors.port import Detector, DetectorCrashedError, PictureError
from tests.integration.detectors.conftest import StartDetector
from tests.support.detector_children import detector_children, peak_bytes
from tests.support.detector_models import selection
from tests.support.hostile_corpus import CORPUS

_MOST_BYTES = 768 * MIB
"""Of a child: a good 100 MiB before any picture, the rest for 25 megapixels of 16 bits each."""


async def test_every_picture_gets_its_answer_and_no_child_is_lost(
    start_detector: StartDetector,
) -> None:
    detector = await start_detector(children=2)
    before = detector_children()
    found = {name: await _outcome(detector, case.build()) for name, case in CORPUS.items()}
    assert found == {name: case.decoded for name, case in CORPUS.items()}
    assert detector_children() == before
    assert max(peak_bytes(pid) for pid in before) < _MOST_BYTES


async def _outcome(detector: Detector, data: bytes) -> str | None:
    try:
        await detector.detect(data, selection(), model=None)
    except PictureError as error:
        return error.code
    except DetectorCrashedError as error:
        return str(error)
    return None
