"""The services of docker-compose.yml as processes of this machine: their own commands, environments
and files, with addresses and paths that are here. The servers; native_compose_product.py has the
product."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.compose_model import ROOT, Service
from tests.support.services import programs
from tests.support.services.clamd import EICAR, SIGNATURE
from tests.support.services.kafka import WARNINGS_ONLY, Kafka
from tests.support.services.local_service import LocalService
from tests.support.services.postgres import Postgres
from tests.support.services.processes import Command, run_to_end
from tests.support.services.recipes import VERSITYGW
from tests.support.services.redis import Redis


@dataclass(frozen=True, slots=True)
class Here:
    """What stands in compose and secrets for what is here; `secrets` are files of this machine."""

    secrets: Path
    addresses: Mapping[str, str] = field(default_factory=dict)

    def said(self, text: str) -> str:
        text = text.replace("/run/secrets", str(self.secrets))
        for there, here in self.addresses.items():
            text = text.replace(there, here)
        return text

    def environment(self, service: Service) -> dict[str, str]:
        return {name: self.said(value) for name, value in service.environment.items()}

    def take(self, made: Path) -> None:
        """The secrets that make-secrets.sh made, where their addresses lead here."""
        self.secrets.mkdir()
        for file in made.iterdir():
            (self.secrets / file.name).write_text(self.said(file.read_text()))

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text()


class ComposedKafka(Kafka):
    """Its environment becomes server.properties and a formatted log by the program that the image
    does it with."""

    def __init__(self, folder: Path, service: Service, here: Here, *, port: int) -> None:
        super().__init__(folder, port, controller_port=0)
        self._environment = here.environment(service) | {"KAFKA_LOG_DIRS": str(folder / "data")}

    def _prepare(self) -> None:
        (self.folder / "log4j2.properties").write_text(WARNINGS_ONLY, encoding="utf-8")
        configs = {name: self.folder / name for name in ("default", "mounted", "final")}
        for name, folder in configs.items():
            folder.mkdir(exist_ok=True)
            for file in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
                if name == "default":
                    (folder / file).touch()
        folders = [f"--{name}-configs-dir={folder}" for name, folder in configs.items()]
        setup = self._java("kafka.docker.KafkaDockerWrapper", "setup", *folders)
        run_to_end(Command(setup.argv, self.folder, self._environment), timeout_s=60)

    @property
    def _properties_file(self) -> Path:
        return self.folder / "final" / "server.properties"


class ComposedPostgres(Postgres):
    """Made with the image's variables; `users.sql` is run as the image runs it."""

    def __init__(self, folder: Path, service: Service, here: Here, *, port: int) -> None:
        super().__init__(folder, port, password=here.secret("postgres-owner-password"))
        self._environment = here.environment(service)

    def make_users(self) -> None:
        """Again, too: a repeat sets the passwords."""
        argv = (
            "psql", "-v", "ON_ERROR_STOP=1", "--no-password", "--no-psqlrc", "--dbname", self.dsn,
            "-f", str(ROOT / "deployment/postgres/users.sql"),
        )  # fmt: skip
        run_to_end(Command(argv, self.folder, self._environment), timeout_s=60)

    def _initdb(self, program: Path, password_file: Path) -> Command:
        ours = super()._initdb(program, password_file)
        others = [word for word in ours.argv if not word.startswith("--auth")]
        argv = (*others, *self._environment["POSTGRES_INITDB_ARGS"].split())
        return Command(argv, ours.folder, user=ours.user)


class ComposedRedis(Redis):
    """Answers when its health check says so."""

    def __init__(self, folder: Path, service: Service, here: Here, *, port: int) -> None:
        super().__init__(folder, port, password="")
        self._service = service
        self._here = here

    def _prepare(self) -> None:
        """All is in its command."""

    def _command(self) -> Command:
        _, *options = (self._here.said(word) for word in self._service.command)
        listen = ("--bind", "127.0.0.1", "--port", str(self.port))
        return Command((str(programs.redis_server()), *options, *listen), self.folder)

    def _answers(self) -> bool:
        _, program, *words = self._service.said["healthcheck"]["test"]
        asked = subprocess.run(
            (program, "-p", str(self.port), *words), capture_output=True, text=True, check=False
        )
        return asked.stdout.strip() == "PONG"


class ComposedS3(LocalService):
    name = "s3"

    def __init__(self, folder: Path, service: Service, here: Here, *, port: int) -> None:
        super().__init__(folder, port)
        self._service = service
        self._here = here

    def _prepare(self) -> None:
        (self.folder / "data").mkdir(exist_ok=True)

    def _command(self) -> Command:
        (script,) = self._service.command
        script = self._here.said(script)
        for there, here in (
            ("exec versitygw", f"exec {VERSITYGW.path()}"),
            ("--port :7070", f"--port 127.0.0.1:{self.port}"),
            ("posix /data", f"posix {self.folder / 'data'}"),
        ):
            assert there in script
            script = script.replace(there, here)
        return Command((*self._service.entrypoint, script), self.folder)

    def _answers(self) -> bool:
        address = self._service.said["healthcheck"]["test"][-1].replace("7070", str(self.port))
        return _ends_well("wget", "--quiet", "--output-document=/dev/null", address)


class ComposedClamd(LocalService):
    """The shipped clamd.conf; knows the EICAR test file only, as nothing can be downloaded here."""

    name = "clamd"

    def __init__(self, folder: Path, service: Service, *, port: int) -> None:
        super().__init__(folder, port)
        self._service = service

    def _prepare(self) -> None:
        (self.folder / "signatures").mkdir(exist_ok=True)
        (self.folder / "signatures/local.ndb").write_text(f"{SIGNATURE}:0:*:{EICAR.hex()}\n")
        text = (ROOT / "deployment/clamav/clamd.conf").read_text(encoding="utf-8")
        for there, here in (
            ("/var/lib/clamav", str(self.folder / "signatures")),
            ("TCPSocket 3310", f"TCPSocket {self.port}"),
            ("TCPAddr 0.0.0.0", "TCPAddr 127.0.0.1"),
        ):
            assert there in text
            text = text.replace(there, here)
        self._configuration.write_text(text, encoding="utf-8")

    def _command(self) -> Command:
        _, *options = (self._said(word) for word in self._service.entrypoint)
        return Command((str(programs.clamd()), *options), self.folder)

    def _answers(self) -> bool:
        _, *words = self._service.said["healthcheck"]["test"]
        return _ends_well(*(self._said(word) for word in words))

    @property
    def _configuration(self) -> Path:
        return self.folder / "clamd.conf"

    def _said(self, word: str) -> str:
        return word.replace("/etc/analyzer/clamd.conf", str(self._configuration))


def _ends_well(program: str, *words: str) -> bool:
    found = shutil.which(program)
    if found is None:
        raise programs.NotInstalledError(program)
    return subprocess.run((found, *words), capture_output=True, check=False).returncode == 0
