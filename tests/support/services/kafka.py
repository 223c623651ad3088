"""Apache Kafka as one KRaft process."""

import base64
import secrets
import shutil
import socket
import struct
from pathlib import Path

from tests.support.services import programs
from tests.support.services.kafka_properties import server_properties
from tests.support.services.local_service import LocalService
from tests.support.services.processes import Command, NotReadyError, run_to_end

WARNINGS_ONLY = """status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c)%n%ex
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


def new_kafka_id() -> str:
    """A UUID as Kafka writes one; the first byte keeps it from looking like an option."""
    return base64.urlsafe_b64encode(b"\x01" + secrets.token_bytes(15)).decode()[:22]


class Kafka(LocalService):
    """Its log survives stop and kill; `wipe` is the broker that comes back without its disk.

    Hole: as any Kafka it does not sync each record, so a kill of the machine may lose the last.
    """

    name = "kafka"
    heap_megabytes = 384

    def __init__(self, folder: Path, port: int, *, controller_port: int) -> None:
        super().__init__(folder, port)
        self._controller_port = controller_port

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self.port}"

    def wipe(self) -> None:
        """Forget every topic, record and offset; the next start is a new, empty cluster."""
        if self.running:
            raise NotReadyError("kafka is running; stop() or kill() it before wipe()")
        shutil.rmtree(self._data, ignore_errors=True)

    def _prepare(self) -> None:
        (self.folder / "log4j2.properties").write_text(WARNINGS_ONLY, encoding="utf-8")
        self._properties_file.write_text(self._properties(), encoding="utf-8")
        if not (self._data / "meta.properties").exists():
            self.wipe()
            run_to_end(self._format(), timeout_s=60)

    def _properties(self) -> str:
        return server_properties(
            data=self._data, client_port=self.port, controller_port=self._controller_port
        )

    def _command(self) -> Command:
        # The cheap compiler and collector: a broker that runs for minutes on two cores would spend
        # more on compiling itself well than it wins by it.
        machine = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        heap = (f"-Xmx{self.heap_megabytes}m", "-Xms128m")
        return self._java(*heap, *machine, "kafka.Kafka", str(self._properties_file))

    def _answers(self) -> bool:
        """Asks which API versions it speaks (v0), without a client library."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            request = struct.pack(">hhih", 18, 0, 1, -1)
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as answers:
                answer = answers.read(10)
        return answer[4:] == struct.pack(">ih", 1, 0)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _properties_file(self) -> Path:
        return self.folder / "server.properties"

    def _format(self) -> Command:
        quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
        options = ("-c", str(self._properties_file), *self._quorum(), *self._format_options())
        return self._java(*quick, "kafka.tools.StorageTool", "format", *options)

    def _quorum(self) -> tuple[str, ...]:
        """Which cluster an empty log is of, and who decides in it."""
        return ("-t", new_kafka_id(), "--standalone")

    def _format_options(self) -> tuple[str, ...]:
        """What else an empty log is to hold from the first."""
        return ()

    def _java(self, *arguments: str) -> Command:
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        class_path = ("-cp", programs.kafka_class_path())
        return Command(
            argv=(str(programs.java()), *class_path, logging, *arguments), folder=self.folder
        )
