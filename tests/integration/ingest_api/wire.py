"""Raw connections to an API that runs in a process of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

KEY = "Authorization: Bearer acme-key"
UPLOAD = "/api/v1/analyze/upload"
URL = "/api/v1/analyze/url"
EVENTS = "/api/v1/events"


@dataclass(frozen=True, slots=True)
class Answer:
    """`rest` is what came after it on the same connection; `took_s` until the connection ended."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    rest: bytes = b""
    took_s: float = 0.0

    @property
    def code(self) -> str:
        assert self.headers["content-type"] == "application/problem+json", self
        assert self.headers["x-trace-id"] == json.loads(self.body)["trace_id"]
        return str(json.loads(self.body)["code"])


@dataclass(frozen=True, slots=True)
class EdgeApi:
    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self, *pieces: bytes) -> Answer:
        """Send it and read until the API ends the connection."""
        with self.connect() as wire:
            for piece in pieces:
                wire.sendall(piece)
            return last_answer(wire)

    @property
    def open_files(self) -> set[str]:
        """Of the process, without sockets and pipes; a temporary file shows as deleted."""
        found = {str(link.readlink()) for link in _links(self.process.pid)}
        return {name for name in found if name.startswith("/") and not name.startswith("/dev")}


@contextmanager
def edge_api(folder: Path, **settings: Any) -> Iterator[EdgeApi]:
    """`folder` is where its temporary files are."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    module = "tests.integration.ingest_api.serve_edge"
    with (folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps({"port": port, **settings})],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(folder)},
        )
    try:
        _wait_until_alive(process, port)
        yield EdgeApi(process, port, folder)
    finally:
        process.kill()
        process.wait()


def request(method: str, path: str, *lines: str, host: str = "Host: api") -> bytes:
    """A head; a body may follow."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", host, *lines, "", ""]).encode("latin-1")


def last_answer(wire: socket.socket) -> Answer:
    """The first answer on it, when all has been read; the connection must end without a reset."""
    began = time.monotonic()
    said = b""
    while chunk := wire.recv(65536):
        said += chunk
    return _parsed(said, time.monotonic() - began)


def next_answer(wire: socket.socket) -> Answer:
    """One with a Content-Length; the connection may stay open."""
    said = b""
    while b"\r\n\r\n" not in said:
        said += _more(wire)
    while len(said) < _end_of(said):
        said += _more(wire)
    return _parsed(said, 0)


def _more(wire: socket.socket) -> bytes:
    chunk = wire.recv(65536)
    assert chunk, "the connection ended in an answer"
    return chunk


def _end_of(said: bytes) -> int:
    head, _, _ = said.partition(b"\r\n\r\n")
    return len(head) + 4 + int(_headers(head).get("content-length", 0))


def _parsed(said: bytes, took_s: float) -> Answer:
    head = said.partition(b"\r\n\r\n")[0]
    assert head.startswith(b"HTTP/1.1 "), said
    end = _end_of(said)
    body = said[len(head) + 4 : end]
    return Answer(int(head[9:12]), _headers(head), body, said[end:], took_s)


def _headers(head: bytes) -> dict[str, str]:
    pairs = (line.partition(": ") for line in head.decode("latin-1").split("\r\n")[1:])
    return {name.lower(): value for name, _, value in pairs}


def _links(pid: int) -> Iterator[Path]:
    for link in Path(f"/proc/{pid}/fd").iterdir():
        if link.is_symlink():
            yield link


def _wait_until_alive(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the API did not start")
