"""A client of the HTTP API for black-box tests: uploads in parallel, and an event stream."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

SAMPLES = tuple(sorted((Path(__file__).resolve().parents[2] / "samples").glob("*.jpg")))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]

    @property
    def request_id(self) -> str:
        return str(self.body["request_id"])


@contextlib.asynccontextmanager
async def connected(base_url: str, api_key: str) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(
        base_url=base_url,
        headers={"Authorization": f"Bearer {api_key}"},
        timeout=httpx.Timeout(120),
        limits=limits,
        trust_env=False,
    ) as client:
        yield client


async def upload(
    client: httpx.AsyncClient, picture: bytes, *, prefer: str | None = None, **options: str
) -> Answer:
    answer = await client.post(
        "/api/v1/analyze/upload",
        files={"image": ("picture.jpg", picture, "image/jpeg")},
        data=options,
        headers={} if prefer is None else {"Prefer": prefer},
    )
    return Answer(answer.status_code, answer.json())


async def upload_many(
    client: httpx.AsyncClient, count: int, *, clients: int, prefer: str | None = None
) -> list[Answer]:
    """`count` uploads of the samples in turn, by so many clients at once."""
    pictures = [path.read_bytes() for path in SAMPLES]
    numbers = iter(range(count))

    async def one_client() -> list[Answer]:
        return [
            await upload(client, pictures[number % len(pictures)], prefer=prefer)
            for number in numbers
        ]

    answers = await asyncio.gather(*(one_client() for _ in range(clients)))
    return [answer for each in answers for answer in each]


@dataclass(frozen=True, slots=True)
class Frame:
    event: str
    id: str
    data: dict[str, Any]


async def frames(
    client: httpx.AsyncClient, path: str, *, last_event_id: str | None = None
) -> AsyncGenerator[Frame, None]:
    """The frames of a stream that carry data, until the server ends it."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    async with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, answer.status_code
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
            elif "data" in fields:
                yield Frame(
                    fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"])
                )
                fields = {}
