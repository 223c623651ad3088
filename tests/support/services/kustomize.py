"""Kustomize: how it is had, and what it makes of the folders of strimzi/."""

import subprocess
from pathlib import Path

from tests.support.services import recipes
from tests.support.services.cache import cache_folder, filled_at_once
from tests.support.services.programs import NotInstalledError

VERSION = "5.8.2"  # a later one needs a later Go
MODULE = "sigs.k8s.io/kustomize/kustomize/v5"
SUM = "h1:sSNeWwgkdSMGCIavtY63JQMgBJkGv3IwOltWVZy+LFQ="


def kustomize_build(folder: Path) -> str:
    """The resources of a kustomization as YAML; an AssertionError with Kustomize's words when it
    refuses, NotInstalledError when it is not there."""
    program = _folder() / "kustomize"
    if not program.is_file():
        raise NotInstalledError(f"kustomize {VERSION}")
    built = subprocess.run(
        (program, "build", folder), capture_output=True, text=True, timeout=60, check=False
    )
    assert built.returncode == 0, built.stderr
    return built.stdout


def kustomize_recipe() -> recipes.Recipe:
    return recipes.Recipe(
        what=f"kustomize {VERSION}",
        services=("kustomize",),
        is_there=(_folder() / "kustomize").is_file,
        missing_tools=lambda: recipes._not_on_path("go"),
        install=_install,
        is_optional=True,
    )


def kustomize_fault(build_information: str) -> str | None:
    """What is wrong with a program, by what `go version -m` says of it; None when nothing is."""
    pinned = ["mod", MODULE, f"v{VERSION}", SUM]
    if pinned in [line.split() for line in build_information.splitlines()]:
        return None
    return f"not built from {' '.join(pinned[1:])}"


def _folder() -> Path:
    return cache_folder() / f"kustomize-{VERSION}"


def _install() -> None:
    with filled_at_once(_folder()) as scratch:
        recipes._run("go", "install", f"{MODULE}@v{VERSION}", GOBIN=str(scratch))
        recipes._require(
            kustomize_fault(recipes._run("go", "version", "-m", str(scratch / "kustomize")))
        )
