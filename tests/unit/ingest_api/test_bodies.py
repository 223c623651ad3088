"""Bodies that do not arrive: too slow, or cut off in the middle."""

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Message

from ingest_api.settings import ApiSettings
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import TwinApi

UPLOAD = "/api/v1/analyze/upload"
FORM = "multipart/form-data; boundary=b"
START = b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\n' + picture()[:100]


async def test_a_body_that_comes_too_slowly_is_given_up() -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield START
        await asyncio.Event().wait()

    settings = ApiSettings(body_grace_s=0.05, body_bytes_per_s=10**9)
    async with TwinApi(settings).running() as api, api.client() as client:
        for path, kind in ((UPLOAD, FORM), ("/api/v1/analyze/url", "application/json")):
            headers = {"Content-Type": kind}
            answer = await client.post(path, content=slowly(), headers=headers)
            problem_of(answer, 408, "body_timeout")
            assert answer.headers["connection"] == "close"
        assert api.is_empty


async def test_a_client_that_leaves_in_the_middle_stores_nothing(api: TwinApi) -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": START, "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [
        (b"host", b"api"),
        (b"authorization", b"Bearer acme-key"),
        (b"content-type", FORM.encode()),
    ]
    scope = {
        "type": "http", "method": "POST", "path": UPLOAD, "raw_path": UPLOAD.encode(),
        "query_string": b"", "headers": headers, "root_path": "", "scheme": "http",
        "http_version": "1.1", "server": ("api", 80), "client": ("10.0.0.1", 1),
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }  # fmt: skip
    await api.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert api.is_empty


async def test_a_client_that_leaves_while_it_waits_frees_its_place(api: TwinApi) -> None:
    left = asyncio.Event()
    body = START[:-100] + picture() + b"\r\n--b--\r\n"
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        """Nobody listens."""

    def leave(_: object) -> None:
        left.set()

    api.answer = leave
    headers = [
        (b"host", b"api"),
        (b"authorization", b"Bearer acme-key"),
        (b"content-type", FORM.encode()),
    ]
    scope = {
        "type": "http", "method": "POST", "path": UPLOAD, "raw_path": UPLOAD.encode(),
        "query_string": b"", "headers": headers, "root_path": "", "scheme": "http",
        "http_version": "1.1", "server": ("api", 80), "client": ("10.0.0.1", 1),
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }  # fmt: skip
    await asyncio.wait_for(api.app(scope, receive, send), 2)
    assert len(api.analyses.requests) == 1
