"""Ports of 127.0.0.1: one that was asked for, and free ones for what nobody types in."""

import secrets
import socket
from contextlib import ExitStack

from cli.exit_codes import CommandError

_LOWEST = 20_000
_SPAN = 10_000


def free_ports(count: int) -> list[int]:
    """Different ports, each free at this moment, below the range that clients are given theirs
    from. Hole: nothing reserves them once this has returned."""
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < count:
            candidate = _LOWEST + secrets.randbelow(_SPAN)
            if _bind(candidate, held):
                found.append(candidate)
        return found


def require_free(port: int) -> None:
    """Raises CommandError when something listens there already."""
    with ExitStack() as held:
        if not _bind(port, held):
            raise CommandError(
                f"port {port} is taken; stop what listens there, or choose another with --port"
            )


def answers(port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _bind(port: int, held: ExitStack) -> bool:
    bound = held.enter_context(socket.socket())
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
