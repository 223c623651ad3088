"""A worker's dependency is down when it does not answer, and when work is held for it."""

from pathlib import Path

import pytest

from processors.dependency_watch import make_watch, reports_of
from processors.parts import make_parts
from storage.images_folder import FolderImageStore
from tests.unit.processors.test_parts import close, config


@pytest.mark.parametrize("holds", [set(), {"bucket"}, {"postgres"}])
async def test_a_dependency_that_work_is_held_for_is_down_although_it_answers(
    tmp_path: Path, holds: set[str]
) -> None:
    parts = make_parts(config(tmp_path), process="record", needs_detector=False)
    assert isinstance(parts.images, FolderImageStore)
    await parts.images.ensure_bucket()
    watch = make_watch(parts, lambda: holds)
    assert reports_of(watch) == {}
    await watch.look()
    reports = reports_of(watch)
    assert set(reports) == {"kafka", "postgres", "bucket"}
    assert reports["bucket"].status == ("down" if "bucket" in holds else "up")
    assert all(report.meaning.startswith("without it") for report in reports.values())
    await close(parts)
