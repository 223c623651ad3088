"""A client that listens to all outcomes of its tenant, and comes back whenever it is cut off."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx

_SILENCE_S = 40.0
_COME_BACK_S = 0.3


@dataclass(frozen=True, slots=True)
class Told:
    """One outcome, and in which connection it was told."""

    connection: int
    event: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Farewell:
    """Why a stream ended, and after how long the client may come back; 0 when it is not said."""

    event: str
    retry_ms: int


@dataclass(slots=True)
class Listener:
    """`told` has everything in order over all connections; a gap says that the record must be
    asked for what came before it."""

    base_url: str
    tenant: str
    api_key: str
    told: list[Told] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    farewells: list[Farewell] = field(default_factory=list)
    connections: int = 0
    last_event_id: str = ""

    async def run(self) -> None:
        """For ever."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        timeout = httpx.Timeout(10, read=_SILENCE_S)
        async with httpx.AsyncClient(
            base_url=self.base_url, headers=headers, timeout=timeout, trust_env=False
        ) as client:
            while True:
                try:
                    await self._listen(client)
                except httpx.HTTPError:
                    await asyncio.sleep(_COME_BACK_S)

    async def _listen(self, client: httpx.AsyncClient) -> None:
        resume = {"Last-Event-ID": self.last_event_id} if self.last_event_id else {}
        async with client.stream("GET", "/api/v1/events", headers=resume) as answer:
            if answer.status_code != 200:
                await asyncio.sleep(_COME_BACK_S)
                return
            self.connections += 1
            async for fields in _frames(answer):
                self.take(fields)

    def take(self, fields: dict[str, str]) -> None:
        """One frame, as its fields."""
        self.last_event_id = fields.get("id", self.last_event_id)
        data = fields.get("data")
        if data is None:
            return
        self.text.append(data)
        event = fields.get("event", "message")
        body = json.loads(data)
        if "request_id" in body:
            self.told.append(Told(self.connections, event, str(body["request_id"])))
        elif event == "gap":
            self.gaps.append(str(body["reason"]))
        elif event != "connected":
            self.farewells.append(Farewell(event, int(fields.get("retry", "0"))))


async def _frames(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    """Each frame as its fields; one that the connection's end cut short is none."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, text = line.partition(":")
            fields[name] = text.removeprefix(" ")
        else:
            yield fields
            fields = {}
