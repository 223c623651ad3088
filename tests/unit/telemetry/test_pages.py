"""Pages that are written from registries are as the registries have them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from telemetry.metrics import declared
from telemetry.pages import logs_page, main, metrics_page


@contextmanager
def within(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def test_the_pages_are_up_to_date() -> None:
    assert Path("docs/metrics.md").read_text() == metrics_page()
    assert Path("docs/logs.md").read_text() == logs_page()


def test_every_metric_has_its_line() -> None:
    page = metrics_page()
    assert all(f"| `{metric.name}` | {metric.kind}" in page for _, metric in declared())


def test_a_page_that_is_old_is_named_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    with within(tmp_path):
        assert main(is_check=True) == 1
        assert "docs/metrics.md: not as the registry has it" in capsys.readouterr().out
        assert not Path("docs/metrics.md").exists()
        assert main(is_check=False) == 0
        assert main(is_check=True) == 0
    assert (tmp_path / "docs/logs.md").read_text() == logs_page()
