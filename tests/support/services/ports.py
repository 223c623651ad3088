"""Ports for servers that are stopped and started again under the same number."""

import os
import secrets
import socket
from contextlib import ExitStack

LOWEST = 20_000
HIGHEST = 29_999
_PARTS = 8


def free_ports(count: int) -> list[int]:
    """`count` different ports of 127.0.0.1, each free at this moment.

    They lie below Linux's usual range for outgoing connections, so that no client takes the port
    of a server that is down for a while. Processes that share the tests draw from parts of their
    own. Hole: nothing reserves them once this has returned.
    """
    with ExitStack() as held:
        return [_hold_free_port(held) for _ in range(count)]


def free_port() -> int:
    return free_ports(1)[0]


def _own_part() -> range:
    """By ANALYZER_TEST_PART, which `./dev.sh test` sets for what it runs side by side."""
    part = int(os.environ.get("ANALYZER_TEST_PART", "0")) % _PARTS
    size = (HIGHEST - LOWEST + 1) // _PARTS
    return range(LOWEST + part * size, LOWEST + (part + 1) * size)


def _hold_free_port(held: ExitStack) -> int:
    for _ in range(200):
        candidate = secrets.choice(_own_part())
        bound = held.enter_context(socket.socket())
        try:
            bound.bind(("127.0.0.1", candidate))
        except OSError:
            continue
        return candidate
    raise OSError(f"no free port found between {LOWEST} and {HIGHEST} in 200 tries")
