"""Wrong pictures by the thousand: each is refused or analyzed, and no child is lost to one."""

import pytest

from tests.fuzz.pictures import PictureFuzz


async def test_some_wrong_pictures() -> None:
    report = await PictureFuzz(0, count=400, seconds=120).run()
    assert report.findings == {}
    assert len(report.door) >= 4
    assert len(report.decoded) >= 4


@pytest.mark.slow
async def test_very_many_wrong_pictures() -> None:
    report = await PictureFuzz(1_000_000, count=None, seconds=300).run()
    assert report.findings == {}
    assert report.pictures > 2_000
