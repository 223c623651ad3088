"""A clamd that knows one signature, the EICAR test file, and downloads nothing."""

import socket
from typing import Final

from tests.support.services import programs
from tests.support.services.local_service import LocalService
from tests.support.services.processes import Command

# In two parts, so that no scanner takes this file for what it describes.
EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE: Final = "Local.Eicar.Test"
STREAM_MAX_BYTES: Final = 2 * 1024 * 1024


class Clamd(LocalService):
    """Listens on its port and on a socket, and finds `EICAR` anywhere in at most
    `STREAM_MAX_BYTES`."""

    name = "clamd"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def socket_path(self) -> str:
        return str(self.folder / "clamd.socket")

    def _prepare(self) -> None:
        signatures = self.folder / "signatures"
        signatures.mkdir(exist_ok=True)
        line = f"{SIGNATURE}:0:*:{EICAR.hex()}\n"
        (signatures / "local.ndb").write_text(line, encoding="ascii")
        settings = {
            "Foreground": "yes",
            "DatabaseDirectory": str(signatures),
            "LocalSocket": self.socket_path,
            "FixStaleSocket": "yes",
            "TCPSocket": str(self.port),
            "TCPAddr": "127.0.0.1",
            "StreamMaxLength": str(STREAM_MAX_BYTES),
            "AlertExceedsMax": "yes",
            "MaxThreads": "4",
        }
        lines = "".join(f"{name} {value}\n" for name, value in settings.items())
        (self.folder / "clamd.conf").write_text(lines, encoding="utf-8")

    def _command(self) -> Command:
        return Command(
            argv=(str(programs.clamd()), "--config-file", str(self.folder / "clamd.conf")),
            folder=self.folder,
        )

    def _answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(b"zPING\0")
            return connection.recv(16) == b"PONG\0"
