"""Clients for these tests: 127.0.0.1 stands for the allowed world, 127.0.0.2 for a private one."""

import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from ipaddress import ip_network
from typing import Final

from outbound.client import FetchLimits, GuardedClient
from outbound.resolver import Resolve

ALLOWED: Final = (ip_network("127.0.0.1/32"),)
OWN: Final = ("analyzer.example",)
QUICK: Final = FetchLimits(max_bytes=10_000, connect_s=1.0, read_s=1.0, total_s=3.0)
IMPATIENT: Final = replace(QUICK, read_s=2.0, total_s=0.3)


class Names:
    """A resolver whose names give one prepared answer after the other, then the last for ever."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self._answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        given = self._answers[host]
        return given.pop(0) if len(given) > 1 else given[0]


@contextlib.asynccontextmanager
async def fetcher(
    *,
    limits: FetchLimits = QUICK,
    resolve: Resolve | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[GuardedClient]:
    client = GuardedClient(
        limits=limits, resolve=resolve, allow_networks=ALLOWED, own_hosts=OWN, tls=tls
    )
    try:
        yield client
    finally:
        await client.aclose()
