"""Kustomize: how it is had, and what it makes of the folders of strimzi/."""

import subprocess
from pathlib import Path

from tests.support.services.recipes import GoProgram

KUSTOMIZE = GoProgram(
    name="kustomize",
    version="5.8.2",  # a later one needs a later Go
    module="sigs.k8s.io/kustomize/kustomize/v5",
    checksum="h1:sSNeWwgkdSMGCIavtY63JQMgBJkGv3IwOltWVZy+LFQ=",
    program="kustomize",
)


def kustomize_build(folder: Path) -> str:
    """The resources of a kustomization as YAML; an AssertionError with Kustomize's words when it
    refuses, NotInstalledError when it is not there."""
    built = subprocess.run(
        (KUSTOMIZE.path(), "build", folder), capture_output=True, text=True, timeout=60, check=False
    )
    assert built.returncode == 0, built.stderr
    return built.stdout
