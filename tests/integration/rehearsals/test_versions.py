"""The version before comes out of the history, or it is said why not."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.supervised import Program
from tests.rehearsals import versions


def test_the_version_before_is_found_by_its_name(tmp_path: Path) -> None:
    before = _history(tmp_path / "checkout")
    assert versions.version_before(before, tmp_path / "checkout") == before


def test_a_clone_without_it_says_what_to_do(tmp_path: Path) -> None:
    before, shallow = _history(tmp_path / "checkout"), tmp_path / "shallow"
    _git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{tmp_path}/checkout", str(shallow))
    with pytest.raises(versions.NoSuchVersionError, match="--from REVISION"):
        versions.version_before(before, shallow)


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


def _history(checkout: Path) -> str:
    """Two commits, of which the first is named."""
    checkout.mkdir()
    _git(checkout, "init", "--quiet")
    for text in ("before", "after"):
        (checkout / "README.md").write_text(text)
        _commit(checkout)
    return _git(checkout, "rev-parse", "HEAD^")


def _commit(checkout: Path) -> None:
    who = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")
    _git(checkout, "add", "--all")
    _git(checkout, *who, "commit", "--quiet", "--message", "a step")


def _git(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(
        ("git", *arguments), cwd=checkout, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
