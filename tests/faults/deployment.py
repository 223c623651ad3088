"""What every rig has, however many brokers and replicas: servers, processes, the operator's way."""

import asyncio
import contextlib
import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.faults.supervised import THIS_PROGRAM, Program, Supervised, supervise
from tests.support.product_processes import answers_200
from tests.support.services.kafka import Kafka
from tests.support.services.postgres import Postgres
from tests.support.services.redis import Redis
from tests.support.services.s3 import S3

BUCKET = "images"
REAP_AFTER_S = 30
_READY_S = 90.0
_TRIES = 10


@dataclass(slots=True, kw_only=True)
class Deployment(ABC):
    """The harness reaches the servers directly. Commands are those of `program`."""

    kafka: Kafka
    postgres: Postgres
    redis: Redis
    s3: S3
    settings: Mapping[str, str]
    folder: Path
    program: Program = THIS_PROGRAM

    @property
    @abstractmethod
    def base_url(self) -> str:
        """Where clients send."""

    @property
    @abstractmethod
    def processes(self) -> list[Supervised]:
        """All of the product's, in the order of their start."""

    @abstractmethod
    def make_whole(self) -> None:
        """Whatever a fault left behind: servers and processes as at the start."""

    @property
    def objects(self) -> Path:
        """Where the S3 server keeps what lies in the bucket: one file an object."""
        return self.s3.folder / "buckets" / BUCKET

    def command(self, *arguments: str) -> str:
        """A command of the operator's; its output. RuntimeError with its words when it fails."""
        done = subprocess.run(
            self.program.argv("cli.main", *arguments), cwd=self.program.root,
            env={**_clean_environment(), **self.settings},
            capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def new_key(self, tenant: str) -> str:
        return self.command("keys", "create", "--tenant", tenant, "--name", "faults").split()[-1]

    async def until_ready(self) -> None:
        """Every process that is wanted says so itself."""
        for process in self.processes:
            await until_ready(process)


@contextlib.asynccontextmanager
async def running(deployment: Deployment) -> AsyncIterator[None]:
    """Inside, its processes are started, ready and supervised; at the end they are stopped."""
    supervisor: asyncio.Task[None] | None = None
    try:
        for process in deployment.processes:
            process.start()
        supervisor = asyncio.create_task(supervise(lambda: deployment.processes))
        await deployment.until_ready()
        yield
    finally:
        if supervisor is not None:
            supervisor.cancel()
        await asyncio.to_thread(_stop_all, deployment)


async def until_ready(process: Supervised) -> None:
    """Raises TimeoutError; RuntimeError with the end of its log when it keeps ending."""
    starts = len(process.exits)
    async with asyncio.timeout(_READY_S):
        while not await asyncio.to_thread(_is_ready, process):
            if len(process.exits) > starts + _TRIES:
                raise RuntimeError(f"{process.name} does not start: {process.log_end()}")
            await asyncio.sleep(0.1)


def _stop_all(deployment: Deployment) -> None:
    for process in reversed(deployment.processes):
        if process.is_running:
            process.resume()
        process.stop()


def _is_ready(process: Supervised) -> bool:
    return not process.is_wanted or answers_200(f"http://127.0.0.1:{process.port}/ready")


def _clean_environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("ANALYZER_")}
