"""The API in a process of its own, over a real socket: what only the wire and signals can show."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from tests.support.within import crowd
from tests.unit.ingest_api.pictures import jpeg_of_bytes, picture

UPLOAD = "/api/v1/analyze/upload"
KEY = {"Authorization": "Bearer acme-key"}


@dataclass(frozen=True, slots=True)
class Served:
    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)


@contextmanager
def served(*words: str) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.unit.ingest_api.serve_twins", str(port), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        _wait_until_alive(process, port)
        yield Served(process, port)
    finally:
        process.kill()
        process.communicate()


def _wait_until_alive(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the API did not start")


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    with served() as running:
        yield running


@pytest.fixture
def idle_api() -> Iterator[Served]:
    with served("idle") as running:
        yield running


def test_an_upload_and_its_result(api: Served) -> None:
    answer = httpx.post(f"{api.url}{UPLOAD}", files={"image": picture()}, headers=KEY)
    assert answer.status_code == 200
    assert answer.json()["total_objects_detected"] == 1
    assert "server" not in answer.headers


@pytest.mark.parametrize(("too_many", "status"), [(-1, 200), (0, 200), (1, 413)])
def test_the_size_limit_over_the_wire(api: Served, too_many: int, status: int) -> None:
    files = {"image": jpeg_of_bytes(15_000_000 + too_many)}
    answer = httpx.post(f"{api.url}{UPLOAD}", files=files, headers=KEY)
    assert answer.status_code == status


def _head(*lines: str) -> bytes:
    return "\r\n".join([f"POST {UPLOAD} HTTP/1.1", "Host: api", *lines, "", ""]).encode()


def _answer(wire: socket.socket) -> bytes:
    """The whole of an answer that has a Content-Length."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += wire.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += wire.recv(65536)
    return head + b"\r\n\r\n" + body


def test_a_stranger_is_refused_before_the_body_is_sent(api: Served) -> None:
    with api.connect() as wire:
        wire.sendall(_head("Content-Length: 15000000", "Expect: 100-continue"))
        answer = _answer(wire)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"100 Continue" not in answer


def test_an_announced_body_that_is_too_large_is_refused_before_it_is_sent(api: Served) -> None:
    with api.connect() as wire:
        wire.sendall(_head("Content-Length: 99000000", "Authorization: Bearer acme-key"))
        answer = _answer(wire)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"limit":15000000' in answer


def test_a_refused_body_of_unknown_length_ends_the_connection(api: Served) -> None:
    with api.connect() as wire:
        wire.sendall(_head("Transfer-Encoding: chunked") + b"5\r\nhello\r\n")
        answer = b""
        while chunk := wire.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in answer.lower()


def _metric(api: Served, name: str) -> float:
    for line in httpx.get(f"{api.url}/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise AssertionError(name)


def _until(api: Served, name: str, value: float) -> None:
    deadline = time.monotonic() + 5
    while _metric(api, name) != value:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_stream_over_the_wire_and_a_client_that_leaves(api: Served) -> None:
    with (
        httpx.Client(base_url=api.url, headers=KEY) as client,
        client.stream("GET", "/api/v1/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "event: connected"
        _until(api, "analyzer_sse_clients", 1)
        result = httpx.post(f"{api.url}{UPLOAD}", files={"image": picture()}, headers=KEY).json()
        data = next(line for line in lines if line.startswith('data: {"request_id'))
        assert json.loads(data[6:])["result"] == result
    _until(api, "analyzer_sse_clients", 0)


def test_sigterm_ends_streams_and_waits_at_once(idle_api: Served) -> None:
    with (
        httpx.Client(base_url=idle_api.url, headers=KEY, timeout=10) as client,
        client.stream("GET", "/api/v1/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "event: connected"
        started = time.monotonic()
        idle_api.process.send_signal(signal.SIGTERM)
        assert "event: server-draining" in list(lines)
    assert idle_api.process.wait(5) == 0
    assert time.monotonic() - started < 3 * crowd()


def test_a_client_that_leaves_while_it_waits_is_logged_without_an_error(
    idle_api: Served,
) -> None:
    with idle_api.connect() as wire:
        body = (
            b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\n'
            + picture()
            + b"\r\n--b--\r\n"
        )
        head = _head(
            f"Content-Length: {len(body)}",
            "Authorization: Bearer acme-key",
            "Content-Type: multipart/form-data; boundary=b",
        )
        wire.sendall(head + body)
        _until(idle_api, 'analyzer_requests_accepted_total{door="upload"}', 1)
    idle_api.process.send_signal(signal.SIGTERM)
    said = (idle_api.process.stdout or sys.stdin.buffer).read().decode()
    assert idle_api.process.wait(5) == 0
    assert "http_answered" in said
    assert "Traceback" not in said
    assert '"level": "error"' not in said


def test_a_port_that_is_taken_is_an_exit_that_says_so(api: Served) -> None:
    command = [sys.executable, "-m", "tests.unit.ingest_api.serve_twins", str(api.port)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=20)
    assert done.returncode not in {0, -9}
    assert b"address already in use" in done.stdout + done.stderr


def test_what_the_api_process_does_not_load() -> None:
    code = (
        "import sys, ingest_api.app, ingest_api.serve\n"
        "heavy = {'numpy', 'onnxruntime', 'cv2', 'PIL', 'sqlalchemy', 'faust', 'httpx', 'pebble'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, check=True, env=dict(os.environ))
    assert done.stdout.decode().strip() == "[]"
