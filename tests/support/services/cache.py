"""The folder that keeps what was installed: outside the work tree, one folder a version."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/ai-image-analyzer/services`, below `~/.cache` by default; may not exist."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "ai-image-analyzer" / "services"


@contextmanager
def only_installer(cache: Path) -> Iterator[None]:
    """Waits until no other installer works on this cache; a dead one holds nobody up."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def filled_at_once(target: Path) -> Iterator[Path]:
    """A scratch folder that becomes `target` when the block ends well, else nothing does.

    Only for the holder of the lock: what interrupted installers left behind is removed first.
    """
    for leftover in target.parent.glob(f".{target.name}-*"):
        shutil.rmtree(leftover)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield scratch
        scratch.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        scratch.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
