"""`image-analyzer probe`, against an API that tells the truth and against ones that do not."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

from cli.exit_codes import CommandError
from cli.main import app
from tests.support.lying_api import Lie, LyingApi
from tests.support.services.ports import free_ports

ROOT = Path(__file__).resolve().parents[3]
KEY = "ak_a-key-of-the-probe"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_ANALYZER_KEY", KEY)


def probed(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ("probe", "--url", url, *arguments))


def doors(done: Result) -> dict[str, dict[str, Any]]:
    document = json.loads(done.stdout)
    assert document["is_right"] == (done.exit_code == 0)
    return {one["door"]: one for one in document["doors"]}


def told(text: str) -> dict[str, dict[str, float]]:
    """Values by the door, by the name of the metric."""
    return {
        family.name: {sample.labels["door"]: sample.value for sample in family.samples}
        for family in text_string_to_metric_families(text)
    }


def test_doors_that_are_right_are_told_with_their_times(tmp_path: Path) -> None:
    file = tmp_path / "probe.prom"
    with LyingApi(Lie()) as api:
        address = "https://example.org/coffee.jpg"
        done = probed(api.url, "--json", "--picture-url", address, "--metrics-file", str(file))
    assert done.exit_code == 0, done.output
    found = doors(done)
    assert list(found) == ["upload", "stream", "url"]
    assert {one["verdict"] for one in found.values()} == {"right"}
    metrics = told(file.read_text())
    assert metrics["analyzer_probe_success"] == {"upload": 1, "stream": 1, "url": 1}
    assert all(value > 0 for value in metrics["analyzer_probe_duration_seconds"].values())
    assert set(metrics) == {
        "analyzer_probe_success", "analyzer_probe_duration_seconds",
        "analyzer_probe_last_run_timestamp_seconds",
    }  # fmt: skip
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_its_requests_can_be_told_from_others_and_followed() -> None:
    with LyingApi(Lie()) as api:
        found = doors(probed(api.url, "--json"))
        sent = [one for one in api.asked if one.method == "POST"]
    keys = [one.headers["idempotency-key"] for one in sent]
    assert all(key.startswith("probe-") for key in keys)
    assert len(set(keys)) == 2
    assert {one.headers["user-agent"] for one in api.asked} == {"image-analyzer-probe"}
    traces = [one.headers["traceparent"].split("-") for one in sent]
    assert [part[1] for part in traces] == [one["trace_id"] for one in found.values()]
    assert {part[3] for part in traces} == {"01"}
    assert {one.headers["authorization"] for one in api.asked} == {f"Bearer {KEY}"}


FRAME = "event: analysis-failed\ndata: {}\n\n"
FAILED = (
    'event: analysis-failed\ndata: {"request_id":"01981a5c-7d1e-7a44-9b6e-3c1f0a2b4d5e",'
    '"tenant_id":"a","accepted_at":"2026-01-15T10:30:00Z","code":"image_undecodable",'
    '"message":"broken","retryable":false,"attempts":1}\n\n'
)
LIES = {
    "other objects": (Lie(found=("dog",)), "upload", "wrong", "cup not found; dog was"),
    "no objects": (Lie(found=()), "stream", "wrong", "cup not found; nothing was"),
    "500": (Lie(status=500), "upload", "wrong", "500 internal_error"),
    "401": (Lie(status=401), "stream", "wrong", "401 unauthenticated"),
    "no JSON": (Lie(body=b"<html>"), "upload", "wrong", "200 with a body that is no Analysis"),
    "other answer": (Lie(body=b"{}"), "stream", "wrong", "200 without saying why"),
    "read back": (Lie(kept=("cat",)), "upload", "wrong", "read back by its id it has other"),
    "no stream": (Lie(stream_type="text/html"), "stream", "wrong", "came as text/html"),
    "cut": (Lie(stops_after=30), "stream", "wrong", "the connection broke: RemoteProtocolError"),
    "ends": (Lie(frames=": ping\n\n"), "stream", "wrong", "ended without an outcome"),
    "odd frame": (Lie(frames=FRAME), "stream", "wrong", "a frame analysis-failed that breaks"),
    "failure": (Lie(frames=FAILED), "stream", "wrong", "failed: image_undecodable"),
    "silence": (Lie(is_silent=True), "upload", "late", "no outcome within 0.5 s"),
    "forgets": (Lie(unknown_for=10_000), "upload", "late", "not to be read back by id"),
}


@pytest.mark.parametrize(("lie", "door", "verdict", "said"), LIES.values(), ids=LIES)
def test_a_lie_is_found_at_its_door(lie: Lie, door: str, verdict: str, said: str) -> None:
    with LyingApi(lie) as api:
        done = probed(api.url, "--json", "--timeout", "0.5")
    assert done.exit_code == 1, done.output
    found = doors(done)[door]
    assert found["verdict"] == verdict
    assert said in found["said"]
    assert KEY not in done.output


def test_a_lie_of_the_stream_leaves_the_upload_right() -> None:
    with LyingApi(Lie(frames="")) as api:
        found = doors(probed(api.url, "--json"))
    assert {name: one["verdict"] for name, one in found.items()} == {
        "upload": "right", "stream": "wrong",
    }  # fmt: skip


def test_what_is_not_known_at_once_is_asked_for_again() -> None:
    """Another replica may have recorded it a moment later."""
    with LyingApi(Lie(unknown_for=2)) as api:
        assert probed(api.url).exit_code == 0


def test_nothing_that_answers_is_a_code_of_its_own(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    file = tmp_path / "probe.prom"
    done = probed(f"http://127.0.0.1:{port}", "--metrics-file", str(file))
    assert done.exit_code == 3
    assert done.stdout.count("unreachable") == 2
    assert told(file.read_text())["analyzer_probe_success"] == {"upload": 0, "stream": 0}


def test_what_is_expected_can_be_said() -> None:
    with LyingApi(Lie(found=("person", "cup"))) as api:
        assert probed(api.url, "--expect", "person, cup").exit_code == 0
        done = probed(api.url, "--expect", "person,dog")
    assert done.exit_code == 1
    assert "dog not found; cup, person was" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--expect", "cup,,"), "--expect: must be names"),
        (("--picture-url", "ftp://x"), "--picture-url: not an http"),
        (("--url", "http://[x"), "--url: not an http"),
        (("--url", "http://x:99999"), "--url: not an http"),
        (("--push", "pushgateway:9091"), "--push: not an http"),
        (("--inbox-tenant", "No!"), "--tenant No!"),
        (("--every", "5"), "--every: goes with --serve"),
        (("--serve", "all"), "--serve all: must be a port"),
        (("--serve", "99999"), "--serve 99999: must be a port"),
        (("--key-file", "/nowhere/key"), "give it or IMAGE_ANALYZER_KEY, one of the two"),
        (("--metrics-file", "/nowhere/x.prom"), "there is no folder /nowhere"),
        (("--inbox-tenant", "acme"), "ANALYZER_BUCKET__ENDPOINT: is not set"),
    ],
)
def test_arguments_that_are_wrong_are_named(
    arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("ANALYZER_")]:
        monkeypatch.delenv(name)
    error = probed("http://127.0.0.1:1", *arguments).exception
    assert isinstance(error, CommandError), error
    assert (error.exit_code, said in str(error)) == (2, True), error


def test_the_key_comes_from_a_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMAGE_ANALYZER_KEY")
    file = tmp_path / "key"
    file.write_text("of a file\n")
    wrong = probed("http://127.0.0.1:1", "--key-file", str(file)).exception
    assert str(wrong) == "--key-file: holds no API key"
    file.write_text("ak_of-a-file\n")
    with LyingApi(Lie()) as api:
        assert probed(api.url, "--key-file", str(file)).exit_code == 0
    assert {one.headers["authorization"] for one in api.asked} == {"Bearer ak_of-a-file"}


@contextmanager
def gateway(status: int) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """A Pushgateway that takes one push, or does not."""
    taken: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken.append((self.command, self.path, body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
            """Not to standard error."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_metrics_are_pushed_in_place_of_those_before() -> None:
    with LyingApi(Lie()) as api, gateway(200) as (address, taken):
        assert probed(api.url, "--push", address).exit_code == 0
    ((method, path, body),) = taken
    assert (method, path) == ("PUT", "/metrics/job/image-analyzer-probe")
    assert told(body)["analyzer_probe_success"] == {"upload": 1, "stream": 1}


def test_a_gateway_that_refuses_hides_no_door_that_is_wrong() -> None:
    with gateway(500) as (address, _):
        with LyingApi(Lie()) as api:
            error = probed(api.url, "--push", address).exception
        with LyingApi(Lie(found=())) as api:
            wrong = probed(api.url, "--push", address)
    assert isinstance(error, CommandError)
    assert error.exit_code == 3
    assert "the metrics were not told" in str(error)
    assert wrong.exit_code == 1
    assert "the metrics were not told" in wrong.stderr


def test_it_stays_and_tells_until_it_is_told_to_stop(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    lie = Lie()
    with LyingApi(lie) as api, (tmp_path / "said").open("w") as said:
        arguments = ("--url", api.url, "--serve", str(port), "--every", "1")
        running = subprocess.Popen(
            (sys.executable, "-m", "cli.main", "probe", *arguments), cwd=ROOT, stdout=said,
        )  # fmt: skip
        try:
            assert scraped(port, upload=1.0)["analyzer_probe_success"]["stream"] == 1
            lie.found = ()
            assert scraped(port, upload=0.0)["analyzer_probe_duration_seconds"]["upload"] > 0
        finally:
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0


def scraped(port: int, *, upload: float) -> dict[str, dict[str, float]]:
    """As soon as it says that of the upload."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            text = ""
        lines = [line for line in text.splitlines() if "analyzer_probe_" in line]
        found = told("\n".join(lines) + "\n")
        if found.get("analyzer_probe_success", {}).get("upload") == upload:
            return found
        time.sleep(0.05)
    raise AssertionError(f"never told: {upload}")
