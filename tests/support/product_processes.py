"""The product's own processes on real services, as a deployment starts them: by command line."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.services.ports import free_ports
from tests.support.services.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
_READY_S = 60.0
_POLL_S = 0.1


@dataclass(slots=True)
class Process:
    """One command; `kill` and `start` again as often as a test likes."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    ready_url: str
    log_file: Path
    _running: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def pid(self) -> int:
        if self._running is None:
            raise RuntimeError(f"{self.name} is not running")
        return self._running.pid

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            self._running = subprocess.Popen(
                self._argv(),
                env=dict(self.environment), cwd=ROOT, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline:
            if answers_200(self.ready_url):
                return
            if self._running is not None and self._running.poll() is not None:
                break
            time.sleep(_POLL_S)
        raise AssertionError(f"{self.name} is not ready; {self.log_file.read_text()[-3000:]}")

    def kill(self) -> None:
        """SIGKILL, as the kernel does it when memory runs out."""
        os.kill(self.pid, signal.SIGKILL)
        self._wait(10)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self._running is None:
            return 0
        if self._running.poll() is None:
            self._running.terminate()
        try:
            return self._wait(50)
        except subprocess.TimeoutExpired:
            self._running.kill()
            return self._wait(10)

    def _argv(self) -> list[str]:
        return [sys.executable, "-m", "cli.main", *self.arguments]

    def _wait(self, seconds: float) -> int:
        assert self._running is not None
        return self._running.wait(seconds)


@dataclass(slots=True)
class Product:
    """API, detector and io worker; `api_key` belongs to the tenant `system-test`. `metrics_urls`
    are where each tells its metrics, by its name."""

    stack: Stack
    base_url: str
    api_key: str
    api: Process
    detect: Process
    io: Process
    metrics_urls: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> None:
        for process in self._all():
            process.start()
        for process in self._all():
            process.wait_until_ready()

    def stop(self) -> None:
        for process in self._all():
            process.stop()

    def _all(self) -> tuple[Process, ...]:
        return (self.io, self.detect, self.api)


def describe_product(
    stack: Stack,
    folder: Path,
    *,
    settings: Mapping[str, str] | None = None,
    own: Mapping[str, Mapping[str, str]] | None = None,
) -> Product:
    """Schema, topics, bucket and key are made; nothing runs yet. `own` is what single processes
    are set besides, by their names: api, detect, io."""
    api_port, metrics_port, detect_port, io_port = free_ports(4)
    environment = _environment(stack, api_port) | dict(settings or {})
    for command in (["migrate"], ["topics", "create"], ["bucket", "create"]):
        product_command(command, environment)
    wish = ["--tenant", "system-test", "--name", "test"]
    key = product_command(["keys", "create", *wish], environment)

    def process(name: str, arguments: tuple[str, ...], port: int) -> Process:
        one = environment | {"ANALYZER_WORKER__HEALTH_PORT": str(port)}
        one |= (own or {}).get(name, {})
        ready = f"http://127.0.0.1:{port}/ready"
        return Process(name, arguments, one, ready, folder / f"{name}.log")

    environment["ANALYZER_METRICS__PORT"] = str(metrics_port)
    io_names = ("admit", "fetch", "fetch-bulk", "record", "retry", "sweep", "deliver")
    return Product(
        stack=stack,
        base_url=f"http://127.0.0.1:{api_port}",
        api_key=key.split()[-1],
        api=process("api", ("api",), api_port),
        detect=process("detect", ("worker", "detect", "detect-bulk"), detect_port),
        io=process("io", ("worker", *io_names), io_port),
        metrics_urls={
            name: f"http://127.0.0.1:{port}/metrics"
            for name, port in (("api", metrics_port), ("detect", detect_port), ("io", io_port))
        },
    )


def answers_200(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback only
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _environment(stack: Stack, api_port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANALYZER_")}
    return kept | {
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": stack.kafka_bootstrap_servers,
        "ANALYZER_POSTGRES__DSN": stack.postgres_dsn,
        "ANALYZER_BUCKET__ENDPOINT": stack.s3_endpoint,
        "ANALYZER_BUCKET__ACCESS_KEY": stack.s3_access_key,
        "ANALYZER_BUCKET__SECRET_KEY": stack.s3_secret_key,
        "ANALYZER_REDIS__URL": stack.redis_url,
        "ANALYZER_API__PORT": str(api_port),
        "ANALYZER_API__SECRET": "a secret of the system tests, thirty-two",
        "ANALYZER_WORKER__PREFERRED_MODEL": "centernet-mbv3",
    }


def product_command(arguments: list[str], environment: Mapping[str, str]) -> str:
    """What it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        env=dict(environment), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
