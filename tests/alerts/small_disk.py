"""A small file system in memory, for what must run full without harm. Needs root on Linux."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

DISK_MB: Final = 64


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mounted as long as the block lasts. Raises CalledProcessError where nobody may mount."""
    folder.mkdir(parents=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
