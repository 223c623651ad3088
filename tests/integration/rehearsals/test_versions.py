"""The version before comes out of the history, or it is said why not."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.supervised import ROOT, Program
from tests.rehearsals import versions

_ADDED = "storage/migrations/versions/0004_webhook_deliveries.py"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Two commits: one without the migration, one with it."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    _git(checkout, "init", "--quiet")
    (checkout / "README.md").write_text("before")
    _commit(checkout)
    added = checkout / _ADDED
    added.parent.mkdir(parents=True)
    added.write_text("")
    _commit(checkout)
    return checkout


def test_it_is_the_parent_of_the_first_newer_migration(history: Path) -> None:
    before = _git(history, "rev-parse", "HEAD^")
    (history / "README.md").write_text("later")
    _commit(history)
    assert versions.default_revision(history) == before


def test_a_clone_without_it_says_what_to_do(history: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    _git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{history}", str(shallow))
    with pytest.raises(versions.NoSuchVersionError, match="--from REVISION"):
        versions.default_revision(shallow)


def test_an_unknown_revision_is_named(tmp_path: Path) -> None:
    with pytest.raises(versions.NoSuchVersionError, match="no-such-revision"):
        versions.checked_out("no-such-revision", tmp_path, python=sys.executable)


def test_this_version_runs_here_and_its_migrations_are_in_order() -> None:
    assert versions.unmet_needs(Program()) == []
    found = versions.migrations_of(Program())
    assert found[:3] == ["0001", "0002", "0003"]
    assert found == sorted(found)


def test_a_need_that_is_not_met_is_named(tmp_path: Path) -> None:
    needs = '["packaging>=1", "packaging<1", "no-such-library", "colorama; os_name == \'nt\'"]'
    (tmp_path / "pyproject.toml").write_text(f"[project]\ndependencies = {needs}\n")
    assert versions.unmet_needs(Program(tmp_path)) == ["packaging<1", "no-such-library"]


def test_the_path_that_the_default_is_found_by_exists() -> None:
    assert (ROOT / _ADDED).is_file()


def _commit(checkout: Path) -> None:
    who = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")
    _git(checkout, "add", "--all")
    _git(checkout, *who, "commit", "--quiet", "--message", "a step")


def _git(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(
        ("git", *arguments), cwd=checkout, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
