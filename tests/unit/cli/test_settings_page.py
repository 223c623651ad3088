"""The page of settings is the one that the code would write."""

from pathlib import Path

from cli.settings_page import PAGE, settings_page

ROOT = Path(__file__).resolve().parents[3]


def test_the_committed_page_lists_the_settings_that_there_are() -> None:
    assert (ROOT / PAGE).read_text() == settings_page()
