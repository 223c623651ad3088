"""Posting to addresses that strangers chose: what goes out, what is taken of the answer, and who
never hears a byte."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from outbound.client import FetchLimits, GuardedClient
from outbound.errors import BlockedAddressError, FetchFailedError
from outbound.responses import Answer
from tests.integration.outbound.clients import ALLOWED, IMPATIENT, QUICK, Names, fetcher
from tests.integration.outbound.listener import Listener, ok, redirect, repeats
from tests.integration.outbound.test_private_targets import assert_nobody_came
from tests.support.webhook_receiver import Receiver, raw, silence, status

BODY = b'{"specversion":"1.0"}'
HEADERS = {"Content-Type": "application/cloudevents+json", "webhook-id": "an-id"}
BIG = 50_000_000


@pytest.fixture
async def private() -> AsyncIterator[Listener]:
    """The service nobody may reach."""
    async with Listener(ok(b"secret"), host="127.0.0.2") as listener:
        yield listener


async def test_the_message_arrives_whole_and_says_nothing_else() -> None:
    async with Receiver(status(202)) as far, fetcher() as client:
        assert await client.post(far.url("/in?x=1"), BODY, HEADERS) == Answer(202)
    (told,) = far.told
    assert told.line == "POST /in?x=1 HTTP/1.1"
    assert told.body == BODY
    assert told.headers.pop("user-agent").startswith("image-analyzer-")
    assert told.headers == {
        "host": f"127.0.0.1:{far.port}",
        "accept": "image/*",
        "accept-encoding": "identity",
        "connection": "close",
        "content-type": "application/cloudevents+json",
        "content-length": str(len(BODY)),
        "webhook-id": "an-id",
    }


async def test_a_client_says_what_it_is_for() -> None:
    client = GuardedClient(limits=QUICK, allow_networks=ALLOWED, accept="*/*", purpose="webhook")
    async with Receiver() as far:
        await client.post(far.url(), BODY, HEADERS)
    await client.aclose()
    assert far.told[0].headers["user-agent"].startswith("image-analyzer-webhook/")
    assert far.told[0].headers["accept"] == "*/*"


async def test_a_large_message_arrives_whole() -> None:
    message = bytes(range(256)) * 4000
    async with Receiver() as far, fetcher() as client:
        await client.post(far.url(), message, {})
    assert far.told[0].body == message


@pytest.mark.parametrize("code", [200, 204, 400, 404, 410, 429, 500, 503])
async def test_every_status_is_an_answer(code: int) -> None:
    async with Receiver(status(code)) as far, fetcher() as client:
        assert (await client.post(far.url(), BODY, {})).status == code


@pytest.mark.parametrize("code", [b"301 x", b"302 x", b"303 x", b"307 x", b"308 x"])
async def test_a_redirect_is_an_answer_and_not_followed(private: Listener, code: bytes) -> None:
    location = private.url("/latest/meta-data").encode()
    async with Listener(redirect(location, code)) as far, fetcher() as client:
        assert (await client.post(far.url(), BODY, {})).status == int(code[:3])
        assert far.connections == 1
    await assert_nobody_came(private)


async def test_retry_after_is_handed_back_as_it_was_sent() -> None:
    async with Receiver(status(503, "Retry-After: 120")) as far, fetcher() as client:
        assert await client.post(far.url(), BODY, {}) == Answer(503, "120")


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: %d\r\n\r\n" % BIG,
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % BIG,
        b"\r\n",
    ],
    ids=["announced", "chunks", "encoded", "until close"],
)
async def test_no_byte_of_an_answers_body_is_waited_for(head: bytes) -> None:
    """The body never comes: whoever waited for it would run into the deadline."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        await raw(b"HTTP/1.1 200 OK\r\n", head)(writer)
        await silence(writer)

    async with Receiver(answer) as far, fetcher(limits=IMPATIENT) as client:
        assert (await client.post(far.url(), BODY, {})).status == 200


async def test_an_endless_answer_is_hung_up_on() -> None:
    script = repeats(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x" * 65536)
    async with Listener(script) as far, fetcher() as client:
        assert (await client.post(far.url(), BODY, {})).status == 200
        await far.all_left()


@pytest.mark.parametrize(
    "again", [b"X-A: b\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["headers", "informational"]
)
async def test_a_drip_ends_at_the_total_deadline(again: bytes) -> None:
    first = b"HTTP/1.1 200 OK\r\n" if again.startswith(b"X") else b""
    script = repeats(first, again, pause_s=0.02)
    async with Listener(script) as far, fetcher(limits=IMPATIENT) as client:
        started = time.monotonic()
        with pytest.raises(FetchFailedError, match="too long") as caught:
            await client.post(far.url(), BODY, {})
        assert time.monotonic() - started < IMPATIENT.total_s + 1
        await far.all_left()
    assert caught.value.retryable


async def test_silence_ends_at_the_total_deadline() -> None:
    async with Receiver(silence) as far, fetcher(limits=IMPATIENT) as client:
        with pytest.raises(FetchFailedError, match="too long"):
            await client.post(far.url(), BODY, {})


async def test_a_receiver_that_takes_nothing_ends_it_too() -> None:
    """The message is larger than what the connection holds."""
    stays = asyncio.Event()

    async def take_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reader._transport.pause_reading()  # type: ignore[attr-defined] # there is no public way
        await stays.wait()
        writer.close()

    server = await asyncio.start_server(take_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    limits = FetchLimits(connect_s=1.0, read_s=5.0, total_s=0.5)
    async with fetcher(limits=limits) as client:
        with pytest.raises(FetchFailedError, match="too long"):
            await client.post(f"http://127.0.0.1:{port}/", b"x" * BIG, {})
    stays.set()
    server.close()
    await server.wait_closed()


async def test_a_refused_connection_is_a_failure_worth_a_repeat() -> None:
    async with Receiver() as far:
        pass
    async with fetcher() as client:
        with pytest.raises(FetchFailedError) as caught:
            await client.post(far.url(), BODY, {})
    assert caught.value.retryable


async def test_a_private_address_hears_nothing(private: Listener) -> None:
    names = Names(inside_example=[["127.0.0.2"]], mixed_example=[["127.0.0.1", "127.0.0.2"]])
    async with fetcher(resolve=names) as client:
        for name in (None, "inside.example", "mixed.example", "[::ffff:127.0.0.2]"):
            with pytest.raises(BlockedAddressError):
                await client.post(private.url(name=name), BODY, {})
    await assert_nobody_came(private)


async def test_a_name_that_rebinds_between_two_messages_is_refused(private: Listener) -> None:
    names = Names(rebinding_example=[["127.0.0.1"], ["127.0.0.2"]])
    async with Receiver(port=private.port) as far, fetcher(resolve=names) as client:
        url = far.url(name="rebinding.example")
        assert (await client.post(url, BODY, {})).status == 204
        with pytest.raises(BlockedAddressError):
            await client.post(url, BODY, {})
    assert len(far.told) == 1
    await assert_nobody_came(private)


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://127.0.0.1/", "http://user:pass@127.0.0.1/", "http://2130706434/",
        "http://0x7f.2/", "http://127.2/", "http://169.254.169.254/", "http://[fd00:ec2::254]/",
        "http://[64:ff9b::7f00:2]/", "http://[::127.0.0.2]/", "http://[2002:7f00:2::]/",
        "http://168.63.129.16/", "http://100.100.100.200/", "http://0.0.0.0/",
        "http://metadata.google.internal/", "http://127.0.0.\uff12/", "http://a b/",
        "http://h.example/\r\nX-Injected: 1", "http://h.example\\@127.0.0.2/", "http://1.1.1.1:22/",
        "https://" + "a" * 3000 + ".example/",
    ],
)  # fmt: skip
async def test_what_may_not_be_called_is_refused_by_its_text(url: str) -> None:
    async with fetcher(resolve=Names()) as client:
        with pytest.raises(BlockedAddressError):
            await client.post(url, BODY, {})
