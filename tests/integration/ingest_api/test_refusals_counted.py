"""What the protocol refuses never becomes a request: it is answered, and counted by its code."""

import contextlib
import time
from pathlib import Path

import httpx

from tests.integration.ingest_api.wire import EdgeApi, edge_api, last_answer, next_answer, request

HEALTH = request("GET", "/health")


def counted(api: EdgeApi) -> dict[str, float]:
    """Refusals by their reason, as the metrics tell them once there is room for asking."""
    name = 'analyzer_http_refused_total{reason="'
    lines = _metrics(api).splitlines()
    found = (line.removeprefix(name).split('"} ') for line in lines if line.startswith(name))
    return {reason: float(value) for reason, value in found}


def _metrics(api: EdgeApi) -> str:
    """The end of a connection is noticed a moment after it."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            answer = httpx.get(f"{api.url}/metrics", timeout=10)
            if answer.status_code == 200:
                return answer.text
    raise AssertionError("the metrics cannot be had")


def test_each_is_counted_by_its_code(tmp_path: Path) -> None:
    settings = {"metrics_for": "everybody", "header_timeout_s": 0.5, "linger_s": 0.2}
    with edge_api(tmp_path, **settings) as api:
        assert api.ask(b"BREW / HTTP/1.1\r\n\r\n").code == "request_malformed"
        assert api.ask(request("GET", "/" + "x" * 9000)).code == "target_too_long"
        assert api.ask(b"GET /health HTTP/1.1\r\nX: " + b"x" * 20_000).code == "headers_too_large"
        assert api.ask(b"GET /health HTTP/1.1\r\n").code == "headers_timeout"
        assert counted(api) == {
            "request_malformed": 1, "target_too_long": 1, "headers_too_large": 1,
            "headers_timeout": 1,
        }  # fmt: skip


def test_connections_beyond_the_last_are_counted(tmp_path: Path) -> None:
    settings = {"metrics_for": "everybody", "max_connections": 1}
    with edge_api(tmp_path, **settings) as api:
        with api.connect() as held:
            held.sendall(HEALTH)
            assert next_answer(held).status == 200
            with api.connect() as refused:
                assert refused.recv(1) == b""
        assert counted(api)["too_many_connections"] >= 1


def test_more_than_a_process_takes_on_is_a_problem_as_any_other(tmp_path: Path) -> None:
    settings = {"metrics_for": "everybody", "limit_concurrency": 1, "linger_s": 0.2}
    with edge_api(tmp_path, **settings) as api:
        with api.connect() as held, api.connect() as refused:
            held.sendall(HEALTH)
            assert next_answer(held).status == 200
            refused.sendall(HEALTH)
            answer = last_answer(refused)
            assert (answer.status, answer.code) == (503, "too_busy")
            assert answer.headers["retry-after"] == "1"
            assert answer.headers["connection"] == "close"
        assert counted(api)["too_busy"] >= 1
