"""Files that hold a secret of an embedded instance: for their owner's eyes from the first byte."""

import os
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """In place of what was there."""
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)


def read_private(file: Path) -> str:
    """What it holds, readable by its owner only from now on; empty when there is none."""
    try:
        text = file.read_text(encoding="utf-8")
        file.chmod(0o600)
    except OSError:
        return ""
    return text
