"""The in-memory twin of the scanner: finds what it was told to look for."""

from collections.abc import Mapping

from processors.scan.port import (
    Clean,
    Infected,
    ScanFailedError,
    ScannerDownError,
    ScanRefusedError,
    Verdict,
)


class MemoryScanner:
    """`signatures` are names by the bytes that give them away. Bytes with `upsetting` in them get
    no answer that counts; while `is_down` nobody gets one. `seen` lists what was looked at."""

    def __init__(
        self,
        signatures: Mapping[bytes, str] | None = None,
        *,
        max_bytes: int = 100_000_000,
        upsetting: bytes | None = None,
    ) -> None:
        self.is_down = False
        self.seen: list[bytes] = []
        self._signatures = dict(signatures or {})
        self._max_bytes = max_bytes
        self._upsetting = upsetting

    async def scan(self, data: bytes) -> Verdict:
        await self.check()
        if len(data) > self._max_bytes:
            raise ScanRefusedError("more than the twin takes")
        if self._upsetting is not None and self._upsetting in data:
            raise ScanFailedError("the twin is upset")
        self.seen.append(data)
        names = [name for mark, name in self._signatures.items() if mark in data]
        return Infected(names[0]) if names else Clean()

    async def check(self) -> None:
        if self.is_down:
            raise ScannerDownError("the twin is down")
