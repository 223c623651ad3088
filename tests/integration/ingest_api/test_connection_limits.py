"""How many connections one address may have, and all together."""

import contextlib
import socket
import time
from pathlib import Path

import pytest

from tests.integration.ingest_api.wire import EdgeApi, edge_api, next_answer, request
from tests.support.process_tree import wait_until


def is_served(wire: socket.socket) -> bool:
    try:
        wire.sendall(request("GET", "/health"))
        return next_answer(wire).status == 200
    except (ConnectionError, AssertionError):
        return False


@pytest.mark.parametrize("limit", ["max_connections_per_address", "max_connections"])
def test_one_too_many_is_closed_at_once_and_a_place_that_is_left_is_free(
    tmp_path: Path, limit: str
) -> None:
    with edge_api(tmp_path, **{limit: 3}) as api, contextlib.ExitStack() as held:
        _until_free(api)
        wires = [held.enter_context(api.connect()) for _ in range(3)]
        assert all(is_served(wire) for wire in wires)
        assert not is_served(held.enter_context(api.connect()))
        assert all(is_served(wire) for wire in wires)
        wires[0].close()
        _until_free(api)
        wait_until(lambda: "connections_refused" in (tmp_path / "api.log").read_text())


def test_a_trusted_proxy_may_bring_the_connections_of_many(tmp_path: Path) -> None:
    settings = {"max_connections_per_address": 1, "trusted_proxies": ["127.0.0.0/8"]}
    with edge_api(tmp_path, **settings) as api, contextlib.ExitStack() as held:
        wires = [held.enter_context(api.connect()) for _ in range(5)]
        assert all(is_served(wire) for wire in wires)


def _until_free(api: EdgeApi) -> None:
    """An end is noticed a moment after it."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with api.connect() as wire:
            if is_served(wire):
                return
    raise AssertionError("no place became free")
