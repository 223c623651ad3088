"""Where a clamd listens."""

import re
from dataclasses import dataclass

_TCP = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:/\[\]]+)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class TcpAddress:
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class SocketPath:
    path: str


Address = TcpAddress | SocketPath


def to_address(text: str) -> Address:
    """From `host:port`, `[v6]:port` or the absolute path of a socket. Raises ValueError."""
    if text.startswith("/"):
        return SocketPath(text)
    found = _TCP.fullmatch(text)
    if found is None or not 0 < int(found["port"]) < 65_536:
        raise ValueError("must be host:port or the absolute path of a socket")
    return TcpAddress(found["v6"] or found["host"], int(found["port"]))
