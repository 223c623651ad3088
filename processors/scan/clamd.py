"""The scanner proper: a clamd that is asked over its socket, one connection a question."""

import asyncio
import re
from typing import Final

from processors.scan.address import Address
from processors.scan.conversation import Reply, as_stream, converse
from processors.scan.port import (
    Clean,
    Infected,
    ScanFailedError,
    ScannerDownError,
    ScanRefusedError,
    Verdict,
)

_CLEAN: Final = b"stream: OK\0"
_FOUND: Final = re.compile(rb"stream: ([^\0\r\n]+) FOUND\0")
_TOO_LARGE: Final = b"INSTREAM size limit exceeded. ERROR\0"
_LONGEST_NAME: Final = 200


class ClamdScanner:
    """Sends all of the bytes, which may not be more than clamd's StreamMaxLength. What is over one
    of its other limits is clean to it unless `AlertExceedsMax` is set there."""

    def __init__(self, address: Address, *, timeout_s: float, max_concurrent: int) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(max_concurrent)

    async def scan(self, data: bytes) -> Verdict:
        async with self._places:
            try:
                async with asyncio.timeout(self._timeout_s):
                    return to_verdict(await converse(self._address, as_stream(data)))
            except (OSError, ScanFailedError) as error:
                await self.check()  # a picture that upsets a scanner must not pass for its outage
                raise ScanFailedError(self._said(error)) from error

    async def check(self) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await converse(self._address, [b"zPING\0"])
        except OSError as error:
            raise ScannerDownError(self._said(error)) from error
        if reply.text != b"PONG\0":
            raise ScannerDownError(f"clamd answered PING with {_shown(reply)}")

    def _said(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"clamd gave no answer within {self._timeout_s:g} s"
        return str(error) if isinstance(error, ScanFailedError) else f"clamd: {error}"


def to_verdict(reply: Reply) -> Verdict:
    """To the letter: one word more or less, and it is not clean. Raises ScanFailedError,
    ScanRefusedError."""
    found = _FOUND.fullmatch(reply.text)
    if found is not None:
        return Infected(_printable(found[1]))
    if reply.text == _TOO_LARGE:
        raise ScanRefusedError("clamd takes no stream of that length (StreamMaxLength)")
    if reply.text == _CLEAN and reply.is_whole:
        return Clean()
    early = "" if reply.is_whole else " before the end"
    raise ScanFailedError(f"clamd answered {_shown(reply)}{early}")


def _shown(reply: Reply) -> str:
    return repr(reply.text[:80]) if reply.text else "nothing"


def _printable(name: bytes) -> str:
    text = name[:_LONGEST_NAME].decode("ascii", "replace")
    return "".join(one if one.isprintable() else "?" for one in text)
