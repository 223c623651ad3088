"""One conversation with clamd: all is said, and all is heard, whichever ends first.

On bare sockets: asyncio's streams and transports give up what was received when a write fails, and
clamd answers and closes while it is still being sent what is more than it takes.
"""

import asyncio
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from processors.scan.address import Address, SocketPath

_LONGEST_REPLY: Final = 4096
_PIECE: Final = 64 * 1024
_Endpoint = tuple[int, tuple[Any, ...] | str]


@dataclass(frozen=True, slots=True)
class Reply:
    """`is_whole` says that it was given to all that was said, and ended in order."""

    text: bytes
    is_whole: bool


def as_stream(data: bytes) -> Iterator[bytes]:
    """The INSTREAM command of clamd(8): chunks with their length before them, and an empty one."""
    yield b"zINSTREAM\0"
    view = memoryview(data)
    for start in range(0, len(view), _PIECE):
        piece = view[start : start + _PIECE]
        yield len(piece).to_bytes(4, "big") + piece
    yield bytes(4)


async def converse(address: Address, request: Iterable[bytes]) -> Reply:
    """Raises OSError when nobody is there; a connection that breaks later is a reply cut short."""
    with await _connect(address) as connection:
        sending = asyncio.create_task(_send(connection, request))
        try:
            text, ended_in_order = await _read(connection)
            is_sent = sending.done() and sending.exception() is None
            return Reply(text, is_whole=ended_in_order and is_sent)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def _send(connection: socket.socket, request: Iterable[bytes]) -> None:
    loop = asyncio.get_running_loop()
    for piece in request:
        await loop.sock_sendall(connection, piece)


async def _read(connection: socket.socket) -> tuple[bytes, bool]:
    """To the end, and whether the other side made it one. What is too long is left unread."""
    loop, text = asyncio.get_running_loop(), b""
    while len(text) < _LONGEST_REPLY:
        try:
            more = await loop.sock_recv(connection, _LONGEST_REPLY)
        except OSError:
            return text, False
        if not more:
            return text, True
        text += more
    return text, False


async def _connect(address: Address) -> socket.socket:
    """To the first of its addresses that takes it."""
    problem = OSError("its name has no address")
    for family, endpoint in await _endpoints(address):
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, endpoint)
        except OSError as error:
            connection.close()
            problem = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise problem


async def _endpoints(address: Address) -> list[_Endpoint]:
    if isinstance(address, SocketPath):
        return [(socket.AF_UNIX, address.path)]
    found = await asyncio.get_running_loop().getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM
    )
    return [(family, endpoint) for family, _, _, _, endpoint in found]
