"""Fetching a model from a server on this machine: right, wrong, slow, and not there."""

import contextlib
import http.server
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from processors.detectors.catalog import ModelEntry, read_catalog
from processors.detectors.download import Patience, fetch_model
from tests.support.within import crowd

BODY = b"a model" * 1_000
IMPATIENT = Patience(connect_s=0.5, answer_s=0.5, total_s=1.0)


class _Release(http.server.ThreadingHTTPServer):
    """Serves `body` behind one redirect, as the release pages do, and counts who asks."""

    daemon_threads = True
    body = BODY
    asked = 0


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Release

    def do_GET(self) -> None:
        if self.path == "/model":
            self.server.asked += 1
            self.send_response(302)
            self.send_header("Location", "/storage")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *args: object) -> None:
        """Silent."""


@pytest.fixture
def release() -> Iterator[_Release]:
    with _Release(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def entry(release: _Release) -> ModelEntry:
    return replace(
        read_catalog()[0],
        sha256=frozenset({sha256(BODY).hexdigest()}),
        download_url=f"http://127.0.0.1:{release.server_port}/model",
    )


def test_the_right_file_is_stored_in_the_cache(entry: ModelEntry, tmp_path: Path) -> None:
    cache = tmp_path / "new" / "cache"
    found = fetch_model(entry, cache)
    assert found is not None
    assert found.path.read_bytes() == BODY
    assert {path.name for path in cache.iterdir()} == {entry.file}


def test_a_wrong_file_is_thrown_away_and_not_asked_for_again_for_an_hour(
    entry: ModelEntry, release: _Release, tmp_path: Path
) -> None:
    release.body = b"something else"
    assert fetch_model(entry, tmp_path, clock=lambda: 10_000.0) is None
    assert not (tmp_path / entry.file).exists()
    assert fetch_model(entry, tmp_path, clock=lambda: 13_000.0) is None
    assert release.asked == 1
    release.body = BODY
    assert fetch_model(entry, tmp_path, clock=lambda: 13_700.0) is not None


def test_a_server_that_never_answers_is_left_in_good_time(
    entry: ModelEntry, tmp_path: Path
) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/model"
        began = time.monotonic()
        assert fetch_model(replace(entry, download_url=url), tmp_path, patience=IMPATIENT) is None
        assert time.monotonic() - began < 2 * crowd()


def test_no_server_at_all_is_a_quick_failure(entry: ModelEntry, tmp_path: Path) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/model"
    assert fetch_model(replace(entry, download_url=url), tmp_path) is None
    assert (tmp_path / f"{entry.file}.failed").exists()


def test_a_cache_that_cannot_be_made_is_no_error(entry: ModelEntry, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert fetch_model(entry, tmp_path / "file" / "cache") is None


def test_a_model_without_an_address_is_not_fetched(entry: ModelEntry, tmp_path: Path) -> None:
    assert fetch_model(replace(entry, download_url=None), tmp_path) is None
