"""An embedded instance as a process of its own, seen from outside."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.process_tree import descendants, is_alive

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 120.0
BOUNDARY = "a-line-that-no-picture-holds"


@dataclass
class Embedded:
    """`image-analyzer up` on a folder and a port; `family` collects every process it ever had."""

    data: Path
    port: int
    process: subprocess.Popen[str]
    family: set[int] = field(default_factory=set)

    def connection(self) -> dict[str, Any]:
        found = json.loads((self.data / "connection.json").read_text(encoding="utf-8"))
        assert isinstance(found, dict)
        return found

    def pid_of(self, name: str) -> int:
        (pid,) = [pid for known, pid in self.connection()["pids"].items() if name in known]
        assert isinstance(pid, int)
        return pid

    def wait_for_samples(self) -> None:
        """Everything runs, and the last sample photograph has been looked at."""
        last = self.data / "annotated" / "coffee.jpg"
        self.wait_until(last.exists, START_WITHIN_S)
        self.note_family()

    def wait_until(self, condition: Callable[[], bool], within_s: float) -> None:
        until = time.monotonic() + within_s
        while not condition():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < until, f"not true within {within_s:g} s"
            time.sleep(0.1)

    def note_family(self) -> None:
        self.family |= descendants(self.process.pid) | {self.process.pid}

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.read()

    def end(self, number: signal.Signals) -> int:
        """The exit code, when every process that it ever had is gone."""
        self.note_family()
        self.process.send_signal(number)
        code = self.process.wait(60)
        until = time.monotonic() + 30
        while left := [pid for pid in self.family if is_alive(pid)]:
            assert time.monotonic() < until, f"left behind: {left}"
            time.sleep(0.05)
        return code

    def upload(self, picture: Path) -> dict[str, Any]:
        """The result document; waits for it up to a minute."""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n'
        body = head.encode() + picture.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        headers = {"Content-Type": kind, "Prefer": "wait=60"}
        return self.ask("/api/v1/analyze/upload", body, headers)

    def ask(
        self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """The body of an answer, which must be 200."""
        known = self.connection()
        sent = {"Authorization": f"Bearer {known['api_key']}", **(headers or {})}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)) as connection:
            connection.request("GET" if body is None else "POST", path, body, sent)
            answer = connection.getresponse()
            text = answer.read()
        assert answer.status == 200, text
        found = json.loads(text)
        assert isinstance(found, dict)
        return found


def start(data: Path, *options: str) -> Embedded:
    """With the bundled model, so that nothing is downloaded."""
    port = free_port()
    process = subprocess.Popen(
        up_command(data, port, *options),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Embedded(data, port, process)


def up_command(data: Path, port: int, *options: str) -> tuple[str, ...]:
    command = (sys.executable, "-m", "cli.main", "up", "--data", str(data), "--port", str(port))
    return (*command, "--model", "centernet-mbv3", *options)


def environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("ANALYZER_")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
