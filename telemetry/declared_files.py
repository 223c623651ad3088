"""Files that are written from what is declared in code, and checked against it."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path


def write_or_check(files: Iterable[tuple[Path, str]], *, is_check: bool, differs: str) -> int:
    """0 when every file has its text, or has been given it. With `is_check` nothing is written, and
    1 is the answer when there is one that has not. Each is named."""
    stale = [(path, text) for path, text in files if _read(path) != text]
    for path, text in stale:
        if not is_check:
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{os.path.relpath(path)}: {differs if is_check else 'written'}\n")
    return 1 if is_check and stale else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
