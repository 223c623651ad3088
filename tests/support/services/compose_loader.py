"""The loader of Compose itself, as a program: how it is had, and what it makes of a file."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.support.services import recipes
from tests.support.services.cache import cache_folder, filled_at_once
from tests.support.services.programs import NotInstalledError

VERSION = "2.16.2"
MODULE = "github.com/compose-spec/compose-go/v2"
SUM = "h1:pTp1DqQwJzFd85GzlWsSszKA1ABrV/ySqsClujIcWA8="


def load_compose(file: Path) -> dict[str, Any]:
    """What Compose reads, merged and with variables replaced. An AssertionError with its words when
    it refuses, NotInstalledError when it is not there."""
    program = _folder() / "cmd"
    if not program.is_file():
        raise NotInstalledError(f"compose-go {VERSION}")
    loaded = subprocess.run(
        (program, "--format", "json", file),
        env={}, cwd=file.parent, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert loaded.returncode == 0, loaded.stderr
    model: dict[str, Any] = json.loads(loaded.stdout)
    return model


def compose_loader_recipe() -> recipes.Recipe:
    return recipes.Recipe(
        what=f"compose-go {VERSION}",
        services=("compose-loader",),
        is_there=(_folder() / "cmd").is_file,
        missing_tools=lambda: recipes._not_on_path("go"),
        install=_install,
        is_optional=True,
    )


def compose_loader_fault(build_information: str) -> str | None:
    """What is wrong with a program, by what `go version -m` says of it; None when nothing is."""
    pinned = ["mod", MODULE, f"v{VERSION}", SUM]
    if pinned in [line.split() for line in build_information.splitlines()]:
        return None
    return f"not built from {' '.join(pinned[1:])}"


def _folder() -> Path:
    return cache_folder() / f"compose-go-{VERSION}"


def _install() -> None:
    with filled_at_once(_folder()) as scratch:
        recipes._run("go", "install", f"{MODULE}/cmd@v{VERSION}", GOBIN=str(scratch))
        built = recipes._run("go", "version", "-m", str(scratch / "cmd"))
        recipes._require(compose_loader_fault(built))
