"""A process whose standard output is a full pipe that nobody reads works on, and stops."""

import fcntl
import json
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.eventually import eventually
from tests.support.services.ports import free_ports

REQUESTS = 300
"""Each writes a line of some 250 bytes: far more than pipe and queue take together."""


@dataclass(frozen=True, slots=True)
class Unread:
    process: subprocess.Popen[bytes]
    http: httpx.Client

    def told(self, name: str) -> float:
        families = text_string_to_metric_families(self.http.get("/metrics").text)
        found = {family.name: family for family in families}
        return found[name].samples[0].value

    def is_alive(self) -> bool:
        try:
            return self.http.get("/health").status_code == 200
        except httpx.TransportError:
            return False


def started(port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.integration.telemetry.serve_unread", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
    return process


@pytest.fixture
async def unread() -> AsyncIterator[Unread]:
    (port,) = free_ports(1)
    process = started(port)
    key = {"Authorization": "Bearer acme-key"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=key, trust_env=False) as http:
        running = Unread(process, http)
        try:
            await eventually(running.is_alive)
            yield running
        finally:
            process.kill()
            process.communicate()


async def test_requests_go_on_and_what_is_missing_is_told(unread: Unread) -> None:
    answers = {unread.http.get("/nowhere").status_code for _ in range(REQUESTS)}
    assert answers == {404}
    assert unread.http.get("/ready").status_code == 200
    dropped = unread.told("analyzer_log_lines_dropped")
    assert dropped > REQUESTS / 2

    lines = LinesRead(unread.process)
    await eventually(lambda: unread.told("analyzer_log_queue_bytes") == 0)
    unread.http.get("/nowhere")
    unread.process.send_signal(signal.SIGTERM)
    assert unread.process.wait(10) == 0
    told = [line for line in lines.all() if line["event"] == "log_lines_dropped"]
    assert sum(int(str(line["count"])) for line in told) == dropped
    assert all((line["level"], line["process"]) == ("warning", "api") for line in told)


async def test_it_stops_although_nobody_reads(unread: Unread) -> None:
    for _ in range(REQUESTS):
        unread.http.get("/nowhere")
    unread.process.send_signal(signal.SIGTERM)
    assert unread.process.wait(10) == 0


class LinesRead:
    """Reads from now on, beside the test."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._output = process.stdout
        self._text = b""
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        self._text = self._output.read()

    def all(self) -> list[dict[str, object]]:
        """When the process has ended."""
        self._reading.join()
        return [json.loads(line) for line in self._text.splitlines()]
