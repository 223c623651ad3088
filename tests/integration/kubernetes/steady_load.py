"""Clients that go on uploading while what serves them is replaced."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from tests.system.http_client import SAMPLES, connected

_PAUSE_S = 0.2


@dataclass(slots=True)
class Load:
    """`base_url` is where new requests go, as a Service has it; whatever is not an acceptance is
    in `failures`."""

    base_url: str
    api_key: str
    request_ids: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _is_over: bool = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Inside, half of the clients wait for each result and half for none; all requests are
        answered at the end."""
        clients = [
            asyncio.create_task(self._upload(prefer))
            for prefer in ("respond-async", "respond-async", "wait=20", "wait=20")
        ]
        try:
            yield
        finally:
            self._is_over = True
            await asyncio.gather(*clients)

    async def until_accepted(self, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.request_ids) < count:  # noqa: ASYNC110 - a list cannot notify
                await asyncio.sleep(0.05)

    async def _upload(self, prefer: str) -> None:
        picture = SAMPLES[0].read_bytes()
        while not self._is_over:
            await self._one(picture, prefer)
            await asyncio.sleep(_PAUSE_S)

    async def _one(self, picture: bytes, prefer: str) -> None:
        """Of a client that has no connection yet: it is sent to whoever serves now."""
        async with connected(self.base_url, self.api_key) as client:
            try:
                answer = await client.post(
                    "/api/v1/analyze/upload",
                    files={"image": ("picture.jpg", picture, "image/jpeg")},
                    headers={"Prefer": prefer},
                )
            except httpx.HTTPError as error:
                self.failures.append(repr(error))
                return
        self.statuses[answer.status_code] += 1
        if answer.status_code in {200, 202}:
            self.request_ids.append(answer.json()["request_id"])
        else:
            self.failures.append(f"{answer.status_code}: {answer.text[:300]}")
