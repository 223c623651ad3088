"""Bodies that nobody reads: the client gets its answer, and the connection ends."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.ingest_api.wire import (
    EVENTS,
    KEY,
    UPLOAD,
    URL,
    EdgeApi,
    edge_api,
    last_answer,
    next_answer,
    request,
)
from tests.unit.ingest_api.pictures import picture

MEGABYTE = b"x" * 1_000_000
FORM = "Content-Type: multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\n'
HUGE = "Content-Length: 500000000"
EXPECT = "Expect: 100-continue"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeApi]:
    with edge_api(tmp_path_factory.mktemp("api")) as running:
        yield running


def test_half_a_gigabyte_of_a_stranger_ends_in_2_s_and_takes_no_disk(api: EdgeApi) -> None:
    before, written = api.open_files, _written_bytes(api)
    with api.connect() as wire:
        began = time.monotonic()
        wire.sendall(request("POST", UPLOAD, FORM, HUGE) + PART + MEGABYTE)
        answer = last_answer(wire)
        assert time.monotonic() - began < 2
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert answer.headers["connection"] == "close"
    assert api.open_files == before
    assert _written_bytes(api) - written < 100_000, "a line of the log"


def test_a_client_that_sends_it_all_before_it_reads_gets_its_answer(api: EdgeApi) -> None:
    head = request("POST", UPLOAD, FORM, "Content-Length: 5000000")
    answer = api.ask(head, *[MEGABYTE] * 5)
    assert (answer.status, answer.code) == (401, "unauthenticated")


def test_what_is_dropped_has_a_bound(api: EdgeApi) -> None:
    with api.connect() as wire:
        wire.sendall(request("POST", UPLOAD, FORM, HUGE))
        sent = _send_until_refused(wire)
    assert sent < 40_000_000, "one upload is dropped, and what the kernel holds"


@pytest.mark.parametrize("path", [UPLOAD, URL, EVENTS, "/nowhere", "/health"])
def test_a_body_in_chunks_without_end(api: EdgeApi, path: str) -> None:
    method = "GET" if path in {EVENTS, "/health"} else "POST"
    with api.connect() as wire:
        began = time.monotonic()
        wire.sendall(request(method, path, "Transfer-Encoding: chunked") + b"5\r\nhello\r\n")
        answer = last_answer(wire)
        assert time.monotonic() - began < 3
    assert answer.status == (200 if path == "/health" else 401)
    assert answer.headers["connection"] == "close"


def test_a_length_that_is_too_small_ends_the_connection(api: EdgeApi) -> None:
    body = b'{"image_url": "http://a.example/", "deadline_s": 5}'
    lines = (KEY, "Content-Type: application/json", "Content-Length: 20", "Prefer: respond-async")
    with api.connect() as wire:
        wire.sendall(request("POST", URL, *lines) + body)
        assert wire.recv(65536) == b"", "the rest is no request"


def test_a_length_that_is_missing_is_no_body(api: EdgeApi) -> None:
    with api.connect() as wire:
        wire.sendall(request("POST", UPLOAD, KEY, FORM))
        assert next_answer(wire).status in {400, 422}


def test_a_body_is_asked_for_only_after_the_credential(api: EdgeApi) -> None:
    body = PART + picture() + b"\r\n--b--\r\n"
    head = (FORM, EXPECT, f"Content-Length: {len(body)}", "Prefer: respond-async")
    with api.connect() as wire:
        wire.sendall(request("POST", UPLOAD, *head))
        refused = next_answer(wire)
        assert (refused.status, refused.headers["connection"]) == (401, "close")
    with api.connect() as wire:
        wire.sendall(request("POST", UPLOAD, KEY, *head))
        assert wire.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.sendall(body)
        assert next_answer(wire).status == 202


def test_a_body_that_is_too_large_is_not_asked_for(api: EdgeApi) -> None:
    with api.connect() as wire:
        wire.sendall(request("POST", UPLOAD, KEY, FORM, EXPECT, HUGE))
        assert next_answer(wire).status == 413


def test_a_refusal_with_its_body_read_keeps_the_connection(api: EdgeApi) -> None:
    with api.connect() as wire:
        for _ in range(2):
            wire.sendall(
                request("POST", URL, KEY, "Content-Type: application/json", "Content-Length: 2")
            )
            wire.sendall(b"{}")
            answer = next_answer(wire)
            assert answer.status == 422
            assert "connection" not in answer.headers


def test_a_client_that_leaves_in_the_middle_leaves_nothing(api: EdgeApi) -> None:
    before = api.open_files
    for _ in range(20):
        wire = api.connect()
        wire.sendall(request("POST", UPLOAD, KEY, FORM, "Content-Length: 9000000") + PART)
        wire.sendall(MEGABYTE)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        wire.close()
    deadline = time.monotonic() + 10
    while api.open_files != before:
        assert time.monotonic() < deadline, api.open_files
        time.sleep(0.05)


def _send_until_refused(wire: socket.socket) -> int:
    for count in range(500):
        try:
            wire.sendall(MEGABYTE)
        except ConnectionError:
            return count * len(MEGABYTE)
    raise AssertionError("all of it was taken")


def _written_bytes(api: EdgeApi) -> int:
    text = Path(f"/proc/{api.process.pid}/io").read_text(encoding="ascii")
    return int(text.partition("\nwrite_bytes: ")[2].split()[0])
