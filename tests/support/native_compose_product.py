"""The product of docker-compose.yml on its servers, as processes of this machine."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.support.compose_model import ROOT, read_compose
from tests.support.native_compose import (
    ComposedClamd,
    ComposedKafka,
    ComposedPostgres,
    ComposedRedis,
    ComposedS3,
    Here,
)
from tests.support.product_processes import Process
from tests.support.services.local_service import LocalService
from tests.support.services.ports import free_ports

LASTING = ("api", "detect", "io")
LISTENING = ("kafka:9092", "kafka:9093", "postgres:5432", "redis:6379", "s3:7070", "clamav:3310")


# Words for the product, its environment, and the folder of its secrets: what to run.
Program = Callable[[tuple[str, ...], Mapping[str, str], Path], tuple[str, ...]]


def from_checkout(
    words: tuple[str, ...], environment: Mapping[str, str], secrets: Path
) -> tuple[str, ...]:
    """The code that lies here."""
    del environment, secrets
    return (sys.executable, "-m", "cli.main", *words)


class ProgramProcess(Process):
    """Its arguments are the whole of what is run."""

    def _argv(self) -> list[str]:
        return list(self.arguments)


class NativeCompose:
    """The servers and the product; what ends by itself has ended well before the rest starts."""

    def __init__(self, folder: Path, postgres_folder: Path, program: Program) -> None:
        ports = free_ports(len(LISTENING) + 4)
        addresses = {
            name: f"127.0.0.1:{port}" for name, port in zip(LISTENING, ports, strict=False)
        }
        own = {"PLAINTEXT://:9092": ports[0], "CONTROLLER://:9093": ports[1]}
        addresses |= {
            name: f"{name.split(':')[0]}://127.0.0.1:{port}" for name, port in own.items()
        }
        self.folder = folder
        self._program = program
        self.here = Here(folder / "secrets", addresses)
        self.services = read_compose()
        self._make_secrets()
        self._ports = dict(zip((*LASTING, "metrics"), ports[len(LISTENING) :], strict=True))
        self.postgres = ComposedPostgres(
            postgres_folder, self.services["postgres"], self.here, port=ports[2]
        )
        self.servers: tuple[LocalService, ...] = (
            ComposedKafka(folder / "kafka", self.services["kafka"], self.here, port=ports[0]),
            self.postgres,
            ComposedRedis(folder / "redis", self.services["redis"], self.here, port=ports[3]),
            ComposedS3(folder / "s3", self.services["s3"], self.here, port=ports[4]),
            ComposedClamd(folder / "clamd", self.services["clamav"], port=ports[5]),
        )
        self.processes = {name: self._process(name) for name in LASTING}

    def start(self, until_the_end: ExitStack) -> None:
        for server in self.servers:
            server.start()
            until_the_end.callback(server.stop)
        self.postgres.make_users()
        for name in ("migrate", "topics", "bucket"):
            self.run(name, *self.services[name].command)
        for process in self.processes.values():
            process.start()
            until_the_end.callback(process.stop)
        for process in self.processes.values():
            process.wait_until_ready()

    def run(self, name: str, *words: str) -> str:
        """A command with the environment of a service; what it says. It has to end well."""
        done = self.try_to_run(name, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def try_to_run(
        self, name: str, *words: str, **changed: str
    ) -> subprocess.CompletedProcess[str]:
        environment = self.environment(name) | changed
        return subprocess.run(
            self._program(words, environment, self.here.secrets), cwd=ROOT, env=environment,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def environment(self, name: str) -> dict[str, str]:
        """Of a service, with nothing else of ours; its listeners are free ports."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("ANALYZER_")}
        said = kept | self.here.environment(self.services[name])
        for variable, port in (
            ("ANALYZER_API__PORT", self._ports["api"]),
            ("ANALYZER_METRICS__PORT", self._ports["metrics"]),
            ("ANALYZER_WORKER__HEALTH_PORT", self._ports.get(name)),
        ):
            if variable in said:
                said[variable] = str(port)
        return said | {"ANALYZER_WORKER__PREFERRED_MODEL": "centernet-mbv3"}

    def get(self, port: str, path: str) -> str:
        address = f"http://127.0.0.1:{self._ports[port]}{path}"
        with urllib.request.urlopen(address) as answer:
            return str(answer.read().decode())

    def analyze(self, key: str, name: str, picture: bytes) -> tuple[int, dict[str, Any]]:
        body = (
            b'--x\r\nContent-Disposition: form-data; name="image"; filename="%b"\r\n\r\n'
            b"%b\r\n--x--\r\n" % (name.encode(), picture)
        )
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._ports['api']}/api/v1/analyze/upload", data=body,
            headers={
                "Authorization": f"Bearer {key}",
                "Content-Type": "multipart/form-data; boundary=x",
                "Prefer": "wait=30",
            },
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310 - loopback only
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def _make_secrets(self) -> None:
        script = ROOT / "deployment/docker/make-secrets.sh"
        subprocess.run(("sh", script, self.folder / "made"), check=True, capture_output=True)
        self.here.take(self.folder / "made")

    def _process(self, name: str) -> Process:
        service = self.services[name]
        ready = f"http://127.0.0.1:{self._ports[name]}/ready"
        log = self.folder / f"{name}.log"
        environment = self.environment(name)
        argv = self._program(service.command, environment, self.here.secrets)
        return ProgramProcess(name, argv, environment, ready, log)
