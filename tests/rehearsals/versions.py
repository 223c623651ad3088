"""The version before: a checkout of its own, out of the history that this one has."""

import subprocess
import tarfile
import tomllib
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path

from packaging.requirements import Requirement

from tests.faults.supervised import ROOT, Program

BEFORE = "7820dc4dd101bfbbdbaa9aa4f768e27f97849476"
"""The last of which all was tested before migration 0006."""
LONG_BEFORE = "d6946e3f202e37f5b29523c2a504ac365f031987"
"""The last of which all was tested before migration 0004. What runs goes on with a newer schema;
what is started does not begin with one: there is no way back to it."""

_MIGRATIONS = "storage/migrations/versions"


class NoSuchVersionError(RuntimeError):
    """It is not in this clone, or cannot run with what is installed here."""


def version_before(before: str, checkout: Path = ROOT) -> str:
    """Its full name. Raises NoSuchVersionError, as in a clone that was cut off after it."""
    try:
        return _git(checkout, "rev-parse", "--verify", f"{before}^{{commit}}")
    except NoSuchVersionError as error:
        raise NoSuchVersionError(
            f"the version before, {before[:12]}, is not in this clone: fetch all of the history "
            "(git fetch --unshallow), or name another one with --from REVISION"
        ) from error


def checked_out(revision: str, folder: Path, *, python: str) -> Program:
    """All files of that revision below `folder`, to be run by that interpreter. Raises
    NoSuchVersionError, also when a library that it needs is not there in a version that it takes;
    this is looked up only for the interpreter that runs here."""
    done = subprocess.run(("git", "archive", revision), cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise NoSuchVersionError(f"{revision}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    program = Program(folder, python)
    if python == Program().python and (unmet := unmet_needs(program)):
        raise NoSuchVersionError(
            f"{revision} needs {', '.join(unmet)}: make an environment of its locks/runtime.txt, "
            "and name its interpreter with --python"
        )
    return program


def unmet_needs(program: Program) -> list[str]:
    """What its pyproject.toml asks for at run time and this environment has not."""
    text = (program.root / "pyproject.toml").read_text(encoding="utf-8")
    needs = [Requirement(one) for one in tomllib.loads(text)["project"]["dependencies"]]
    return [str(need) for need in needs if not _is_met(need)]


def migrations_of(program: Program) -> list[str]:
    """Their numbers, in order."""
    files = (program.root / _MIGRATIONS).glob("0*.py")
    return sorted(file.name.partition("_")[0] for file in files)


def _is_met(need: Requirement) -> bool:
    if need.marker is not None and not need.marker.evaluate():
        return True
    try:
        return need.specifier.contains(version(need.name), prereleases=True)
    except PackageNotFoundError:
        return False


def _git(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(
        ("git", *arguments), cwd=checkout, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoSuchVersionError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()
