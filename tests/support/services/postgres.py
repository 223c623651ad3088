"""A PostgreSQL server of our own, never the cluster that a package may have made."""

import shutil
import signal
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.support.services import programs
from tests.support.services.databases import in_database
from tests.support.services.local_service import LocalService
from tests.support.services.postgres_folder import server_user
from tests.support.services.processes import Command, run_to_end

LONGEST_SOCKET_FOLDER = 80


class Postgres(LocalService):
    """User and database are both `analyzer`; the user may do all, as compose's may.

    Not durable: nothing is synced, so a kill of the machine (not of the server) may lose data.
    """

    name = "postgres"

    def __init__(self, folder: Path, port: int, *, password: str, durable: bool = False) -> None:
        super().__init__(folder, port)
        self._password = password
        self._durable = durable

    @property
    def dsn(self) -> str:
        secret = quote(self._password, safe="")
        return f"postgresql://analyzer:{secret}@127.0.0.1:{self.port}/analyzer"

    def _prepare(self) -> None:
        initdb = programs.postgres_program("initdb")
        if (self._data / "PG_VERSION").exists():
            return
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._password, encoding="utf-8")
        self._give_folder_to_server()
        try:
            run_to_end(self._initdb(initdb, password_file), timeout_s=120)
        finally:
            password_file.unlink()

    def _command(self) -> Command:
        settings = [option for line in self._settings() for option in ("-c", line)]
        return Command(
            argv=(str(programs.postgres_program("postgres")), "-D", str(self._data), *settings),
            folder=self.folder,
            user=server_user(),
            stop_signal=signal.SIGINT,  # closes connections; SIGTERM waits for clients to leave
            death_signal=signal.SIGINT,
        )

    def _answers(self) -> bool:
        try:
            psycopg.connect(in_database(self.dsn, "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _settle(self) -> None:
        with psycopg.connect(in_database(self.dsn, "postgres"), autocommit=True) as connection:
            exists = "SELECT 1 FROM pg_database WHERE datname = 'analyzer'"
            if connection.execute(exists).fetchone() is None:
                connection.execute("CREATE DATABASE analyzer")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _initdb(self, program: Path, password_file: Path) -> Command:
        return Command(
            argv=(
                str(program),
                f"--pgdata={self._data}",
                "--username=analyzer",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ),
            folder=self.folder,
            user=server_user(),
        )

    def _settings(self) -> list[str]:
        on_or_off = "on" if self._durable else "off"
        sockets = str(self.folder) if len(str(self.folder)) <= LONGEST_SOCKET_FOLDER else ""
        return [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            f"unix_socket_directories={sockets}",
            f"fsync={on_or_off}",
            "synchronous_commit=on",  # else a killed server forgets commits of its last second
            f"full_page_writes={on_or_off}",
            "shared_buffers=64MB",
            "max_connections=200",
            "timezone=UTC",
            "log_timezone=UTC",
        ]

    def _give_folder_to_server(self) -> None:
        user = server_user()
        if user is not None:
            for owned in (self.folder, *self.folder.iterdir()):
                shutil.chown(owned, user, user)
