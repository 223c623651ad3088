"""Requests that are no HTTP, too large, or could be read in two ways: refused, and the end."""

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
    next_answer,
    request,
)

LENGTH, CHUNKED = "Content-Length: 1", "Transfer-Encoding: chunked"
HEAD = b"GET /health HTTP/1.1\r\nHost: api\r\n"
MALFORMED = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00",
    "no version": b"GET /health\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "unknown version": b"GET /health HTTP/3.7\r\nHost: api\r\n\r\n",
    "unknown method": b"BREW /health HTTP/1.1\r\nHost: api\r\n\r\n",
    "method in small letters": b"get /health HTTP/1.1\r\nHost: api\r\n\r\n",
    "a target with a space": b"GET /a b HTTP/1.1\r\nHost: api\r\n\r\n",
    "a target that is not ASCII": b"GET /\xff HTTP/1.1\r\nHost: api\r\n\r\n",
    "tunnel": b"CONNECT api:80 HTTP/1.1\r\nHost: api\r\n\r\n",
    "line feeds alone": b"GET /health HTTP/1.1\nHost: api\n\n",
    "space before the colon": HEAD + b"X : y\r\n\r\n",
    "folded": HEAD + b"X: y\r\n z\r\n\r\n",
    "NUL": HEAD + b"X: y\x00z\r\n\r\n",
    "no name": HEAD + b": y\r\n\r\n",
    "length twice": request("POST", URL, KEY, LENGTH, LENGTH) + b"{",
    "length as list": request("POST", URL, KEY, "Content-Length: 1, 1") + b"{",
    "length below zero": request("POST", URL, KEY, "Content-Length: -1") + b"{",
    "length with sign": request("POST", URL, KEY, "Content-Length: +1") + b"{",
    "length in hexadecimal": request("POST", URL, KEY, "Content-Length: 0x1") + b"{",
    "length without end": request("POST", URL, KEY, "Content-Length: " + "9" * 30) + b"{",
    "length and chunked": request("POST", URL, KEY, LENGTH, CHUNKED) + b"0\r\n\r\n",
    "chunked and length": request("POST", URL, KEY, CHUNKED, LENGTH) + b"0\r\n\r\n",
    "chunked twice": request("POST", URL, KEY, CHUNKED, CHUNKED) + b"0\r\n\r\n",
    "chunked in disguise": request("POST", URL, KEY, "Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    "chunked at first": request("POST", URL, KEY, CHUNKED + ", identity") + b"0\r\n\r\n",
    "packed": request("POST", URL, KEY, "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
    "chunked in HTTP/1.0": f"POST {URL} HTTP/1.0\r\n{KEY}\r\n{CHUNKED}\r\n\r\n0\r\n\r\n".encode(),
}
BAD_CHUNKS = {
    "size below zero": b"-5\r\nhello\r\n",
    "size too large": b"fffffffffffffffff\r\n",
    "no size": b"\r\nhello",
    "line feed alone": b"5\nhello\r\n",
    "longer than it says": b"5\r\nhello!\r\n",
}
HOSTS = {
    "none": b"GET /health HTTP/1.1\r\n\r\n",
    "two": HEAD + b"Host: api\r\n\r\n",
    "two that differ": HEAD + b"Host: evil.example\r\n\r\n",
    "empty": request("GET", "/health", host="Host: "),
    "with a path": request("GET", "/health", host="Host: api/evil"),
    "with a user": request("GET", "/health", host="Host: api@evil.example"),
    "with a space": request("GET", "/health", host="Host: api evil"),
    "another than in the target": request("GET", "http://evil.example/health"),
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeApi]:
    with edge_api(tmp_path_factory.mktemp("api"), linger_s=0.2) as running:
        yield running


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_http_or_is_read_in_two_ways_is_refused(api: EdgeApi, name: str) -> None:
    answer = api.ask(MALFORMED[name] + request("GET", "/health"))
    assert (answer.status, answer.code) == (400, "request_malformed")
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not answer.rest, "what follows is not taken for a request"


@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_chunks_that_are_none(api: EdgeApi, name: str) -> None:
    head = request("POST", URL, KEY, CHUNKED, "Content-Type: application/json")
    answer = api.ask(head + BAD_CHUNKS[name])
    assert answer.status == 400
    assert answer.code in {"request_malformed", "body_malformed"}
    assert not answer.rest


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_that_is_none_or_ambiguous(api: EdgeApi, name: str) -> None:
    with api.connect() as wire:
        wire.sendall(HOSTS[name])
        answer = next_answer(wire)
    assert (answer.status, answer.code) == (400, "invalid_host")


def test_a_target_may_name_the_host(api: EdgeApi) -> None:
    with api.connect() as wire:
        wire.sendall(request("GET", "http://api/health"))
        assert next_answer(wire).status == 200


def test_old_http_needs_no_host(api: EdgeApi) -> None:
    assert api.ask(b"GET /health HTTP/1.0\r\n\r\n").status == 200


def test_headers_are_counted_while_they_come(api: EdgeApi) -> None:
    """None of these heads ever ends, and some have no end of a line."""
    for drop in (b"X: " + b"y" * 20_000, b"x" * 20_000, b"X: y\r\n" * 4_000):
        answer = api.ask(HEAD, drop)
        assert (answer.status, answer.code) == (431, "headers_too_large")


def test_fields_are_counted_while_they_come(api: EdgeApi) -> None:
    answer = api.ask(HEAD, b"X: y\r\n" * 101)
    assert (answer.status, answer.code) == (431, "headers_too_large")
    assert b'"limit":100' in answer.body


def test_a_target_without_end(api: EdgeApi) -> None:
    for target in (b"/" + b"a" * 10_000, b"/?" + b"a" * 10_000, b"/" + b"a" * 200_000):
        answer = api.ask(b"GET ", target)
        assert (answer.status, answer.code) == (414, "target_too_long")


def test_megabytes_of_headers_are_not_kept(api: EdgeApi) -> None:
    before = _resident_kb(api)
    for _ in range(5):
        with api.connect() as wire:
            wire.sendall(HEAD + b"X: ")
            with pytest.raises(ConnectionError):
                wire.sendall(b"y" * 40_000_000)
    assert _resident_kb(api) - before < 10_000


def test_headers_at_the_limit_are_taken(api: EdgeApi) -> None:
    fields = [f"X-{number:02}: {'y' * 156}" for number in range(98)]  # with Host 99
    assert api.ask(request("GET", "/health", *fields, "Connection: close")).status == 200


def test_fields_after_the_body_are_dropped_and_counted(api: EdgeApi) -> None:
    head = request("POST", URL, CHUNKED, "Content-Type: application/json", KEY)
    body = b'10\r\n{"image_url": 12\r\n1\r\n}\r\n0\r\n'
    trailer = b"Prefer: wait=nonsense\r\nHost: evil\r\n\r\n"
    assert api.ask(head + body + trailer).code == "invalid_option"
    assert api.ask(head + body, b"X: y\r\n" * 20_000).code == "headers_too_large"


def test_requests_at_once_are_answered_in_order_and_each_asks_who_it_is(api: EdgeApi) -> None:
    answers = api.ask(
        request("GET", "/health")
        + request("GET", EVENTS)
        + request("GET", "/api/v1/analyses/x", KEY)
        + request("GET", "/api/v1/analyses/x", "Connection: close")
    )
    others = [int(text[:3]) for text in answers.rest.split(b"HTTP/1.1 ")[1:]]
    assert [answers.status, *others] == [200, 401, 404, 401]


def test_requests_at_once_without_end_are_not_kept(api: EdgeApi) -> None:
    with api.connect() as wire:
        wire.sendall(request("GET", EVENTS, KEY) + request("GET", "/health") * 20)
        assert wire.recv(65536) == b""


def test_an_upgrade_is_not_one(api: EdgeApi) -> None:
    upgrade = ("Connection: Upgrade, close", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    assert api.ask(request("GET", EVENTS, *upgrade)).status == 401


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [
        ("HEAD", "/health", "X: y", 405),
        ("OPTIONS", "/health", "X: y", 405),
        ("TRACE", "/health", "X: y", 405),
        ("TRACE", EVENTS, "X: y", 401),
        ("TRACE", EVENTS, KEY, 405),
        ("HEAD", EVENTS, "X: y", 401),
        ("OPTIONS", EVENTS, "X: y", 401),
        ("OPTIONS", "*", "X: y", 401),
        ("OPTIONS", "*", KEY, 404),
        ("GET", "/nowhere", "X: y", 401),
        ("DELETE", UPLOAD, "X: y", 401),
    ],
)
def test_methods_and_paths_that_are_none(
    api: EdgeApi, method: str, path: str, key: str, status: int
) -> None:
    answer = api.ask(request(method, path, key, "X-Secret: canary", "Connection: close"))
    assert answer.status == status
    assert b"canary" not in answer.body


def _resident_kb(api: EdgeApi) -> int:
    status = Path(f"/proc/{api.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])
