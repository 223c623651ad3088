"""Where PostgreSQL may keep its data: it refuses to run as root, so its user must get in."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def server_user() -> str | None:
    """Whom PostgreSQL runs as: `postgres` when we are root, otherwise ourselves (None)."""
    return "postgres" if os.geteuid() == 0 else None


@contextmanager
def folder_for_postgres(wished: Path) -> Iterator[Path]:
    """The folder wished for, or one below /tmp, removed at the end, when its user cannot get there.

    Hole: a process killed meanwhile leaves the one below /tmp behind.
    """
    if server_user() is None or _all_may_enter(wished.parent):
        yield wished
        return
    instead = Path(tempfile.mkdtemp(prefix="analyzer-postgres-", dir="/tmp"))
    instead.chmod(0o755)
    try:
        yield instead / "postgres"
    finally:
        shutil.rmtree(instead, ignore_errors=True)


def _all_may_enter(folder: Path) -> bool:
    ancestry = [folder.resolve(), *folder.resolve().parents]
    return all(each.stat().st_mode & stat.S_IXOTH for each in ancestry)
