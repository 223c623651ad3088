"""`image-analyzer health`: whom it asks, and what it makes of the answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from cli.exit_codes import ConfigurationError, DependencyError
from cli.health_command import LISTENERS, ask, kind_of
from cli.settings import load_settings

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - nobody listens there: it is what a setting may say


class Answering(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        body = f"{self.path} of {self.headers['Host']}".encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


@contextmanager
def process_answering(status: int) -> Iterator[str]:
    """Its port."""
    handler = type("Handler", (Answering,), {"status": status})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield str(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_it_takes_for_granted_is_what_the_settings_say() -> None:
    settings = load_settings({})
    api, worker = LISTENERS["api"], LISTENERS["worker"]
    assert (api.default_host, api.default_port) == (settings.api.host, settings.api.port)
    assert worker.default_host == settings.worker.health_host
    assert worker.default_port == settings.worker.health_port
    changed = load_settings({
        api.host_variable: EVERY_ADDRESS, api.port_variable: "1",
        worker.host_variable: "::1", worker.port_variable: "2",
    })  # fmt: skip
    assert (changed.api.host, changed.api.port) == (EVERY_ADDRESS, 1)
    assert (changed.worker.health_host, changed.worker.health_port) == ("::1", 2)


def test_a_port_for_health_makes_it_a_worker() -> None:
    assert kind_of({}) == "api"
    assert kind_of({"ANALYZER_API__PORT": "8080"}) == "api"
    assert kind_of({"ANALYZER_WORKER__HEALTH_PORT": "8081"}) == "worker"


def test_a_good_answer_is_shown() -> None:
    with process_answering(200) as port:
        environment = {"ANALYZER_API__HOST": EVERY_ADDRESS, "ANALYZER_API__PORT": port}
        assert ask(environment, "api", "/ready", within_s=5) == f"/ready of 127.0.0.1:{port}"


def test_any_other_answer_is_a_failure_that_shows_it() -> None:
    with process_answering(503) as port:
        environment = {"ANALYZER_WORKER__HEALTH_PORT": port}
        with pytest.raises(DependencyError, match=r"worker on .* /health with 503: /health of"):
            ask(environment, "worker", "/health", within_s=5)


def test_no_answer_is_a_failure() -> None:
    with process_answering(200) as port:
        pass
    with pytest.raises(DependencyError, match=f":{port} does not answer /health within 5 s"):
        ask({"ANALYZER_API__PORT": port}, "api", "/health", within_s=5)


@pytest.mark.parametrize("port", ["http", "-1", "65536", "", "8080.5"])
def test_what_is_no_port_is_named(port: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"ANALYZER_API__PORT={port}: is no port"):
        ask({"ANALYZER_API__PORT": port}, "api", "/health", within_s=5)


def test_a_worker_without_a_port_cannot_be_asked() -> None:
    with pytest.raises(ConfigurationError, match="ANALYZER_WORKER__HEALTH_PORT: is not set"):
        ask({}, "worker", "/health", within_s=5)
