"""The example consumers as processes: built from `examples/consumers`, told by arguments only."""

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.services import programs
from tests.support.services.consumer_recipes import EXAMPLES, dependencies_of
from tests.support.within import crowd

LANGUAGES = ("python", "java", "javascript")
SCHEMAS = EXAMPLES.parents[1] / "schemas" / "json"
_QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m")


@dataclass(frozen=True, slots=True)
class Program:
    """One example, ready to run; nothing of the product is in its reach."""

    argv: tuple[str, ...]
    folder: Path

    @asynccontextmanager
    async def running(
        self, *arguments: str, environment: Mapping[str, str]
    ) -> AsyncIterator["Running"]:
        """Killed at the end of the block, unless it has ended by then."""
        needed = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            *self.argv, *arguments, env={**needed, **environment}, cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, limit=4096,
        )  # fmt: skip
        running = Running(process)
        try:
            yield running
        finally:
            await running.kill()


class Running:
    """`outcomes` are its lines as far as they were read. Nobody reads them unasked: when the pipe
    is full, the program waits."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.outcomes: list[dict[str, Any]] = []
        self._errors = asyncio.create_task(_all_of(process.stderr))
        self._unread = ""

    async def read(self, count: int, *, within_s: float = 30) -> None:
        """So many outcomes more."""
        try:
            async with asyncio.timeout(within_s * crowd()):
                for _ in range(count):
                    self.outcomes.append(await self._next())
        except TimeoutError:
            await self.kill()
            said = await self._errors
            raise AssertionError(f"only {len(self.outcomes)} outcomes; {said[-3000:]}") from None

    async def rest(self, *, within_s: float = 30) -> int:
        """The exit code, after all that is left was read."""
        async with asyncio.timeout(within_s * crowd()):
            self.outcomes += [json.loads(line) for line in (await self._tail()).splitlines()]
            return await self._process.wait()

    async def errors(self) -> list[dict[str, Any]]:
        """What it said on standard error, once it has ended."""
        said = await self._errors
        return [json.loads(line) for line in said.splitlines() if line.startswith("{")]

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL; what had left it by then can still be read."""
        self._signal(signal.SIGKILL)
        self._unread += await _all_of(self._process.stdout)  # asyncio waits for an empty pipe
        await self._process.wait()
        await self._errors

    def _signal(self, number: signal.Signals) -> None:
        # Not by Popen, which takes the exit code away from asyncio when it comes at that moment.
        if self._process.returncode is None:
            os.kill(self._process.pid, number)

    async def _next(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, f"ended early: {await self._errors}"
        read: dict[str, Any] = json.loads(line)
        return read

    async def _tail(self) -> str:
        """Without the line that a killed process left unfinished."""
        text = self._unread + await _all_of(self._process.stdout)
        return text[: text.rfind("\n") + 1]


async def _all_of(stream: asyncio.StreamReader | None) -> str:
    assert stream is not None
    return (await stream.read()).decode()


def built(language: str, scratch: Path) -> Program:
    """Copies into `scratch` what has to lie beside its packages. Raises NotInstalledError."""
    dependencies = dependencies_of(language)
    return {"python": _python, "java": _java, "javascript": _javascript}[language](
        dependencies, scratch
    )


def _python(dependencies: Path, _: Path) -> Program:
    python = str(dependencies / "bin" / "python")
    return Program((python, "-B", "-m", "consumer"), EXAMPLES / "python")


def _java(dependencies: Path, scratch: Path) -> Program:
    resources = EXAMPLES / "java" / "src" / "main" / "resources"
    class_path = (dependencies / "classes", resources, dependencies / "*")
    options = (*_QUICK, "-cp", os.pathsep.join(map(str, class_path)))
    return Program((str(programs.java()), *options, "io.imageanalyzer.consumer.Main"), scratch)


def _javascript(dependencies: Path, scratch: Path) -> Program:
    """Node looks for packages beside the file that wants them."""
    shutil.copytree(EXAMPLES / "javascript" / "src", scratch / "src")
    shutil.copy(EXAMPLES / "javascript" / "package.json", scratch)
    (scratch / "node_modules").symlink_to(dependencies / "node_modules")
    node = shutil.which("node")
    if node is None:
        raise programs.NotInstalledError("node")
    return Program((node, "src/main.js"), scratch)
