"""One embedded instance a data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.exit_codes import CommandError


@contextmanager
def only_instance(lock: Path) -> Iterator[None]:
    """Held until the block ends or the process dies, however it dies.
    Raises CommandError naming the process that holds it."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read().strip() or "unknown"
            raise CommandError(
                f"an instance already runs on {lock.parent} (process {holder}); "
                "stop it, or give this one a folder of its own with --data"
            ) from None
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
