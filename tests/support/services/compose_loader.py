"""The loader of Compose itself, as a program: how it is had, and what it makes of a file."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.support.services.recipes import GoProgram

COMPOSE_GO = GoProgram(
    name="compose-go",
    version="2.16.2",
    module="github.com/compose-spec/compose-go/v2",
    checksum="h1:pTp1DqQwJzFd85GzlWsSszKA1ABrV/ySqsClujIcWA8=",
    program="cmd",
    package="cmd",
)


def load_compose(file: Path) -> dict[str, Any]:
    """What Compose reads, merged and with variables replaced. An AssertionError with its words when
    it refuses, NotInstalledError when it is not there."""
    loaded = subprocess.run(
        (COMPOSE_GO.path(), "--format", "json", file),
        env={}, cwd=file.parent, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert loaded.returncode == 0, loaded.stderr
    model: dict[str, Any] = json.loads(loaded.stdout)
    return model
