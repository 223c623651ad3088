"""What a fetch says to the other side, what it hands back, and how it follows redirects."""

import asyncio
import re

import pytest

from outbound.errors import BlockedAddressError, FetchFailedError
from outbound.responses import Fetched
from tests.integration.outbound.clients import Names, fetcher
from tests.integration.outbound.listener import Listener, holds, ok, redirect, replies


async def test_a_picture_comes_back_with_its_type_and_final_url() -> None:
    async with (
        Listener(
            redirect(b"/cat.jpg?x=1#top"), ok(b"JPEG", b"Content-Type: Image/JPEG; q=1")
        ) as far,
        fetcher() as client,
    ):
        fetched = await client.get(far.url("/start"))
    assert fetched == Fetched(b"JPEG", "image/jpeg", far.url("/cat.jpg?x=1"))


async def test_the_request_says_nothing_that_is_not_fixed() -> None:
    async with (
        Listener(ok(b"a")) as far,
        fetcher(resolve=Names(far_example=[["127.0.0.1"]])) as client,
    ):
        await client.get(far.url("/a;v=1/b?c=%20", name="FAR.example."))
    line, *headers = far.requests[0].decode("ascii").rstrip("\r\n").split("\r\n")
    assert line == "GET /a;v=1/b?c=%20 HTTP/1.1"
    said = dict(header.split(": ", 1) for header in headers)
    assert re.fullmatch(r"image-analyzer-fetch/[0-9][0-9a-z.+]*", said.pop("User-Agent"))
    assert said == {
        "Host": f"far.example:{far.port}",
        "Accept": "image/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


async def test_cookies_are_not_kept_and_connections_not_reused() -> None:
    cookie = b"HTTP/1.1 302 x\r\nSet-Cookie: a=b\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    async with Listener(replies(cookie), ok(b"a")) as far, fetcher() as client:
        await client.get(far.url())
        await client.get(far.url())
    assert far.connections == 3
    assert not any(b"cookie" in each.lower() or b"referer" in each.lower() for each in far.requests)


async def test_the_netrc_file_is_not_read(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path_factory.mktemp("home") / ".netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(netrc.parent))
    async with Listener(ok(b"a")) as far, fetcher() as client:
        await client.get(far.url())
    assert b"authorization" not in far.requests[0].lower()


async def test_three_redirects_are_followed() -> None:
    hop = redirect(b"/next")
    async with Listener(hop, hop, hop, ok(b"there")) as far, fetcher() as client:
        assert (await client.get(far.url())).body == b"there"
    assert far.connections == 4


async def test_a_fourth_redirect_is_not() -> None:
    async with Listener(redirect(b"/next")) as far, fetcher() as client:
        with pytest.raises(FetchFailedError) as caught:
            await client.get(far.url())
    assert not caught.value.retryable
    assert far.connections == 4


async def test_bytes_outside_ascii_in_a_location_are_encoded() -> None:
    async with Listener(redirect("/b\xfccher".encode()), ok(b"a")) as far, fetcher() as client:
        assert (await client.get(far.url())).final_url == far.url("/b%C3%BCcher")


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "http://a b/", "http://user@x.example/"])
async def test_what_is_no_fetchable_url_is_refused(url: str) -> None:
    async with fetcher() as client:
        with pytest.raises(BlockedAddressError):
            await client.get(url)


@pytest.mark.parametrize("error", [UnicodeError("x"), KeyError("x"), OSError("x"), RuntimeError()])
async def test_whatever_a_resolver_raises_is_mapped(error: Exception) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise error

    async with fetcher(resolve=resolve) as client:
        with pytest.raises(FetchFailedError) as caught:
            await client.get("http://far.example/")
    assert caught.value.__cause__ is error


async def test_cancelling_a_fetch_stays_a_cancellation_and_hangs_up() -> None:
    arrived = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await holds(b"")(reader, writer)

    async with Listener(hold) as far, fetcher() as client:
        task = asyncio.create_task(client.get(far.url()))
        await asyncio.wait_for(arrived.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await far.all_left()
