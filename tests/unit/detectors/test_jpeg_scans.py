"""Counting the scans of a JPEG: markers count, and what only looks like one does not."""

import pytest

from processors.detectors.jpeg_scans import MOST_SCANS, has_too_many_scans
from tests.support.hostile_images import cmyk_jpeg, jpeg, many_segments_jpeg

SCAN = b"\xff\xda\x00\x02"
LIKE_SCANS = SCAN * (MOST_SCANS + 1)


@pytest.mark.parametrize(
    "data",
    [
        jpeg(),
        jpeg(progressive=True),
        jpeg(restart_marker_blocks=1),
        cmyk_jpeg(),
        jpeg(comment=LIKE_SCANS),
        jpeg() + LIKE_SCANS,
        jpeg() * (MOST_SCANS + 1),
        b"\xff\xd8" + b"\xff\x00\xda" * 1000,
        b"\xff\xd8" + SCAN * MOST_SCANS,
        b"",
        b"\xff\xd8\xff",
        b"\xff\xd8" + b"\xff" * 1_000_000,
    ],
    ids=["plain", "progressive", "restarts", "cmyk", "comment", "behind the end", "many pictures",
         "stuffed", "as many as may be", "empty", "cut", "fill bytes"],
)  # fmt: skip
def test_an_innocent_picture_passes(data: bytes) -> None:
    assert not has_too_many_scans(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + LIKE_SCANS,
        b"\xff\xd8" + (SCAN + b"\x12\xff\x00\xff\xd0\x34") * (MOST_SCANS + 1),
        many_segments_jpeg(),
    ],
    ids=["bare", "with data", "segments"],
)
def test_more_than_any_encoder_writes_does_not(data: bytes) -> None:
    assert has_too_many_scans(data)
