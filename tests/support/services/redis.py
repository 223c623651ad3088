"""A Redis server without persistence: a stop or a kill empties it, as losing a cache does."""

import socket
from pathlib import Path

from tests.support.services import programs
from tests.support.services.local_service import LocalService
from tests.support.services.processes import Command


class Redis(LocalService):
    name = "redis"

    def __init__(self, folder: Path, port: int, *, password: str) -> None:
        super().__init__(folder, port)
        self._password = password

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        settings = self.folder / "redis.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self._password}\n"
            'save ""\nappendonly no\ndaemonize no\n',
            encoding="utf-8",
        )

    def _command(self) -> Command:
        return Command(
            argv=(str(programs.redis_server()), str(self.folder / "redis.conf")),
            folder=self.folder,
        )

    def _answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
            with connection.makefile("rb") as answers:
                return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
