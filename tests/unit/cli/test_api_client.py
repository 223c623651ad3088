"""The command line's client, against a server that answers what it is told to."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cli.api_client import ApiClient
from cli.embedded.readiness import api_is_ready, worker_is_ready
from cli.exit_codes import CommandError, DependencyError
from tests.unit.cli.test_pictures import result

ID = "00000000-0000-0000-0000-000000000001"
LINKS = {"self": "/a", "events": "/b"}
ACCEPTED = {"request_id": ID, "state": "accepted", "links": LINKS}
VIEW = {"request_id": ID, "state": "accepted", "accepted_at": "2026-01-15T10:30:00Z",
        "finished_at": None, "result": None, "failure": None, "links": LINKS}  # fmt: skip
FAILURE = {"code": "image_undecodable", "message": "broken", "retryable": False, "attempts": 1}
PROBLEM = {"type": "about:blank", "title": "No", "status": 422, "code": "invalid_option",
           "trace_id": "t1", "field": "labels", "allowed": "COCO"}  # fmt: skip
RESULT = json.loads(result(("cup", 0.5, (0, 0, 1, 1))).to_json())


class Scripted(ThreadingHTTPServer):
    """Answers in the order of `answers`, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, object]] = []
        self.asked: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, body))
        status, answer = self.server.answers.pop(0)
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Silent."""


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "picture.jpg"
    file.write_bytes(b"\xff\xd8 bytes")
    return file


def test_a_file_travels_with_its_options(server: Scripted, picture: Path) -> None:
    server.answers = [(200, RESULT)]
    answer = ApiClient(server.url, "key").analyze_file(picture, {"max_objects": "3"}, wait_s=5)
    assert answer.detected_objects[0].name == "cup"
    method, path, body = server.asked[0]
    assert (method, path) == ("POST", "/api/v1/analyze/upload")
    assert b'name="max_objects"\r\n\r\n3\r\n' in body
    assert b"\r\n\r\n\xff\xd8 bytes\r\n--" in body


def test_an_address_travels_as_json(server: Scripted) -> None:
    server.answers = [(200, RESULT)]
    ApiClient(server.url, "key").analyze_url(
        "http://x/y.jpg", {"max_objects": "3", "model": "m-1"}, wait_s=5
    )
    assert json.loads(server.asked[0][2]) == {
        "image_url": "http://x/y.jpg", "max_objects": 3, "model": "m-1",
    }  # fmt: skip


def test_an_accepted_request_is_followed_to_its_result(server: Scripted, picture: Path) -> None:
    done = {**VIEW, "state": "completed", "result": RESULT}
    server.answers = [(202, ACCEPTED), (200, done)]
    answer = ApiClient(server.url, "key").analyze_file(picture, {}, wait_s=5)
    assert answer.total_objects_detected == 1
    assert server.asked[1][1] == f"/api/v1/analyses/{ID}"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(202, ACCEPTED), (200, {**VIEW, "failure": FAILURE})], "image_undecodable: broken"),
        ([(202, ACCEPTED), (404, PROBLEM)], "invalid_option"),
        ([(422, PROBLEM)], r"invalid_option: No \(field labels; allowed COCO; trace t1\)"),
        ([(502, b"<html>")], "the API answered 502 without saying why"),
    ],
)
def test_a_refusal_says_why(
    server: Scripted, picture: Path, answers: list[tuple[int, object]], said: str
) -> None:
    server.answers = list(answers)
    with pytest.raises(CommandError, match=said):
        ApiClient(server.url, "key").analyze_file(picture, {}, wait_s=5)


def test_an_outcome_that_takes_too_long_can_be_asked_for_later(
    server: Scripted, picture: Path
) -> None:
    server.answers = [(202, ACCEPTED), (200, VIEW)]
    with pytest.raises(CommandError, match=f"it will come: GET /api/v1/analyses/{ID}"):
        ApiClient(server.url, "key").analyze_file(picture, {}, wait_s=0)


def test_nobody_there(picture: Path, tmp_path: Path) -> None:
    client = ApiClient("http://127.0.0.1:1", "key")
    with pytest.raises(DependencyError, match="does not answer"):
        client.analyze_file(picture, {}, wait_s=5)
    with pytest.raises(CommandError, match="cannot read"):
        client.analyze_file(tmp_path / "gone.jpg", {}, wait_s=5)


def test_readiness_is_read_from_the_body(server: Scripted) -> None:
    server.answers = [
        (200, {"status": "ready"}), (200, {"status": "degraded"}), (503, b"no json"),
        (200, {"ready": True, "live": True}), (503, {"ready": False, "live": True}), (200, []),
    ]  # fmt: skip
    port = server.server_port
    assert [api_is_ready(port) for _ in range(3)] == [True, False, False]
    assert [worker_is_ready(port) for _ in range(3)] == [True, False, False]
    assert not api_is_ready(1)
