"""The product's processes as a deployment runs them: settings, set-up, start, stop."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.checkout import ROOT
from benchmarks.http_probe import answers_ok
from benchmarks.meter import Part
from benchmarks.plan import Plan
from tests.support.services.ports import free_ports
from tests.support.services.processes import Command, NotReadyError, ServerProcess
from tests.support.services.stack import Stack

TENANT = "benchmark"
_PROCESSES = {
    "api": ("api",),
    "detect": ("worker", "detect", "detect-bulk"),
    "io": ("worker", "admit", "fetch", "fetch-bulk", "record", "retry", "sweep", "deliver"),
}


@dataclass(frozen=True, slots=True)
class Ready:
    """How long a process took from its start until it called itself ready."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Deployment:
    """All processes are ready."""

    ready: tuple[Ready, ...]
    parts: tuple[Part, ...]


def product_settings(plan: Plan, servers: Stack) -> dict[str, str]:
    """What a deployment sets whose one tenant may ask for all that it can do: limits count, and
    refuse nothing."""
    settings = {
        "ANALYZER_STANDARD_TIER__PER_MINUTE": "1000000",
        "ANALYZER_STANDARD_TIER__BURST": "1000000",
        "ANALYZER_STANDARD_TIER__PER_DAY": "100000000",
        "ANALYZER_STANDARD_TIER__CONCURRENT": "10000",
        **settings_of(servers),
        "ANALYZER_API__PORT": str(plan.port),
        "ANALYZER_WORKER__PREFERRED_MODEL": plan.model.entry.name,
    }
    if plan.models_dir is not None:
        settings["ANALYZER_MODELS_DIR"] = str(plan.models_dir)
    return settings


def settings_of(servers: Stack) -> dict[str, str]:
    """Where the servers are."""
    return {
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": servers.kafka_bootstrap_servers,
        "ANALYZER_POSTGRES__DSN": servers.postgres_dsn,
        "ANALYZER_BUCKET__ENDPOINT": servers.s3_endpoint,
        "ANALYZER_BUCKET__ACCESS_KEY": servers.s3_access_key,
        "ANALYZER_BUCKET__SECRET_KEY": servers.s3_secret_key,
        "ANALYZER_BUCKET__BUCKET": "images",
        "ANALYZER_REDIS__URL": servers.redis_url,
    }


def set_up(settings: Mapping[str, str]) -> str:
    """Tables, topics, bucket, tenant; returns an API key. Raises NotReadyError."""
    for command in (("migrate",), ("topics", "create"), ("bucket", "create")):
        _command(settings, *command)
    return _command(settings, "keys", "create", "--tenant", TENANT, "--name", "load")


@contextmanager
def running_processes(
    settings: Mapping[str, str], folder: Path, *, api_port: int
) -> Iterator[Deployment]:
    """Started one after the other, so that the time of each is its own; stopped in reverse."""
    health_ports = free_ports(len(_PROCESSES))
    with ExitStack() as stack:
        ready, pids = [], {}
        for (name, arguments), health_port in zip(_PROCESSES.items(), health_ports, strict=True):
            began = time.perf_counter()
            environment = {**settings, "ANALYZER_WORKER__HEALTH_PORT": str(health_port)}
            command = Command(_product(*arguments), ROOT, environment)
            process = ServerProcess(command, folder / f"{name}.log")
            stack.callback(process.stop, timeout_s=30)
            _wait_until_ready(process, api_port if name == "api" else health_port)
            ready.append(Ready(name, round(time.perf_counter() - began, 2)))
            pids[name] = process.pid
        yield Deployment(tuple(ready), _parts(pids))


def _wait_until_ready(process: ServerProcess, port: int) -> None:
    process.wait_until(lambda: answers_ok(port, "/ready"), timeout_s=60)


def _parts(pids: Mapping[str, int]) -> tuple[Part, ...]:
    return (
        Part("api", pids["api"]),
        Part("detect: parent", pids["detect"], which="head"),
        Part("detect: children", pids["detect"], which="children"),
        Part("io", pids["io"]),
    )


def _command(settings: Mapping[str, str], *arguments: str) -> str:
    """What it printed last. Raises NotReadyError with its words when it fails."""
    finished = subprocess.run(
        _product(*arguments), cwd=ROOT, env={**os.environ, **settings}, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    if finished.returncode:
        raise NotReadyError(f"{' '.join(arguments)} failed: {finished.stderr[-2000:]}")
    return finished.stdout.strip().splitlines()[-1]


def _product(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "cli.main", *arguments)
