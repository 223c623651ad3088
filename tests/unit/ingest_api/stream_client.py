"""One client of an event stream, speaking ASGI itself, so that it sees each chunk as it is sent."""

import asyncio
from dataclasses import dataclass

from starlette.types import ASGIApp, Message

_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Frame:
    event: str
    data: str
    id: str
    retry: str
    comment: str


class StreamClient:
    """Use as `async with`; leaving it disconnects. `stall` makes it stop reading."""

    def __init__(
        self, app: ASGIApp, path: str, *, key: str = "acme-key", last_id: str = ""
    ) -> None:
        headers = [(b"host", b"api"), (b"authorization", f"Bearer {key}".encode())]
        if last_id:
            headers.append((b"last-event-id", last_id.encode()))
        self._scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
            "query_string": b"", "headers": headers, "root_path": "", "scheme": "http",
            "http_version": "1.1", "server": ("api", 80), "client": ("10.0.0.1", 1),
            "asgi": {"version": "3.0", "spec_version": "2.4"},
        }  # fmt: skip
        self._app = app
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._has_asked = False
        self.status = 0
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> "StreamClient":
        self.task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.disconnect()
        self._may_read.set()
        await asyncio.wait_for(self.task, _PATIENCE_S)

    def disconnect(self) -> None:
        self._gone.set()

    def stall(self) -> None:
        self._may_read.clear()

    def read_on(self) -> None:
        self._may_read.set()

    async def next(self) -> Frame:
        chunk = await asyncio.wait_for(self._chunks.get(), _PATIENCE_S)
        assert chunk is not None, "the stream has ended"
        return _parsed(chunk)

    async def ended(self) -> None:
        """Returns when the server has ended the stream."""
        assert await asyncio.wait_for(self._chunks.get(), _PATIENCE_S) is None

    @property
    def has_nothing(self) -> bool:
        return self._chunks.empty()

    async def _run(self) -> None:
        await self._app(self._scope, self._receive, self._send)

    async def _receive(self) -> Message:
        if not self._has_asked:
            self._has_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self._may_read.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
            return
        if message.get("body"):
            self._chunks.put_nowait(message["body"])
        if not message.get("more_body", False):
            self._chunks.put_nowait(None)


def _parsed(chunk: bytes) -> Frame:
    assert chunk.endswith(b"\n\n")
    fields = dict.fromkeys(("event", "data", "id", "retry", ""), "")
    for line in chunk.decode().rstrip("\n").split("\n"):
        name, _, value = line.partition(": ")
        assert name in fields, line
        assert not fields[name], line
        fields[name] = value
    return Frame(*fields.values())
