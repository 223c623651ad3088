"""Servers that lie, dawdle, flood or talk nonsense cost a bounded time and a bounded memory."""

import asyncio
import gzip
import socket
import time

import pytest

from outbound.errors import FetchFailedError, FetchTooLargeError, OutboundError
from tests.integration.outbound.clients import IMPATIENT, QUICK, fetcher
from tests.integration.outbound.listener import Listener, Script, holds, ok, repeats, replies

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CANARY = "canary-7f3a"


async def outcome_of(script: Script) -> OutboundError:
    async with Listener(script) as far, fetcher() as client:
        with pytest.raises(OutboundError) as caught:
            await client.get(far.url())
        await far.all_left()
    return caught.value


@pytest.mark.parametrize(
    "script",
    [
        repeats(OK + b"Content-Length: 9000\r\n\r\n", b"x", pause_s=0.02),
        repeats(CHUNKED, b"1\r\nx\r\n", pause_s=0.02),
        repeats(OK, b"X-A: b\r\n", pause_s=0.02),
        repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause_s=0.02),
        holds(b"H"),
    ],
    ids=["body", "chunks", "headers", "informational", "silence"],
)
async def test_a_slow_drip_ends_at_the_total_deadline(script: Script) -> None:
    async with Listener(script) as far, fetcher(limits=IMPATIENT) as client:
        started = time.monotonic()
        with pytest.raises(FetchFailedError) as caught:
            await client.get(far.url())
        assert time.monotonic() - started < IMPATIENT.total_s + 1
        await far.all_left()
    assert caught.value.retryable


async def test_the_deadline_counts_all_hops_together() -> None:
    async def late(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(b"HTTP/1.1 302 x\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")

    async with Listener(late) as far, fetcher(limits=IMPATIENT) as client:
        with pytest.raises(FetchFailedError, match="too long"):
            await client.get(far.url())
    assert far.connections == 2


@pytest.mark.parametrize(
    "script",
    [
        repeats(CHUNKED, b"400\r\n" + b"x" * 1024 + b"\r\n"),
        repeats(OK + b"Connection: close\r\n\r\n", b"x" * 1024),
        replies(OK + b"Content-Length: 10001\r\n\r\n"),
        replies(OK + b"Content-Length: 99999999999999999999\r\n\r\n"),
        ok(b"x" * 10_001),
        replies(CHUNKED + b"FFFFFFFFFFF\r\n", b"x" * 20_000),
    ],
    ids=["chunks", "until close", "announced", "huge", "one more", "one huge chunk"],
)
async def test_a_body_over_the_limit_is_refused(script: Script) -> None:
    outcome = await outcome_of(script)
    assert isinstance(outcome, FetchTooLargeError)
    assert outcome.code == "image_too_large"


async def test_a_body_of_exactly_the_limit_is_fetched() -> None:
    async with Listener(ok(b"x" * QUICK.max_bytes)) as far, fetcher() as client:
        assert len((await client.get(far.url())).body) == QUICK.max_bytes


async def test_an_announced_length_is_refused_before_the_body_is_read() -> None:
    outcome = await outcome_of(holds(OK + b"Content-Length: 10001\r\n\r\n"))
    assert isinstance(outcome, FetchTooLargeError)


async def test_a_body_shorter_than_announced_is_a_retryable_failure() -> None:
    outcome = await outcome_of(replies(OK + b"Content-Length: 100\r\n\r\n", b"x" * 10))
    assert isinstance(outcome, FetchFailedError)
    assert outcome.retryable


async def test_what_follows_the_announced_length_is_never_read() -> None:
    script = replies(OK + b"Content-Length: 3\r\n\r\nabcdef", b"HTTP/1.1 200 OK\r\n\r\n")
    async with Listener(script) as far, fetcher() as client:
        assert (await client.get(far.url())).body == b"abc"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Encoding: gzip",
        b"Content-Encoding: br",
        b"Content-Encoding: identity, gzip",
        b"Content-Encoding: identity\r\nContent-Encoding: GZIP",
        b"content-encoding: x-unheard-of",
    ],
)
async def test_an_encoding_that_was_not_asked_for_is_refused(head: bytes) -> None:
    outcome = await outcome_of(ok(gzip.compress(b"x" * 1_000_000), head))
    assert isinstance(outcome, FetchFailedError)
    assert not outcome.retryable


async def test_identity_said_aloud_is_fine() -> None:
    async with Listener(ok(b"a", b"Content-Encoding: Identity")) as far, fetcher() as client:
        assert (await client.get(far.url())).body == b"a"


@pytest.mark.parametrize(
    ("status", "is_retryable"),
    [
        (b"204 No Content", False),
        (b"206 Partial Content", False),
        (b"301 Moved Permanently", False),
        (b"304 Not Modified", False),
        (b"401 Unauthorized", False),
        (b"403 Forbidden", False),
        (b"404 Not Found", False),
        (b"408 Request Timeout", True),
        (b"410 Gone", False),
        (b"429 Too Many Requests", True),
        (b"500 Internal Server Error", True),
        (b"503 Service Unavailable", True),
        (b"999 Odd", False),
    ],
)
async def test_any_status_but_200_fails(status: bytes, is_retryable: bool) -> None:
    outcome = await outcome_of(replies(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\n\r\n"))
    assert isinstance(outcome, FetchFailedError)
    assert outcome.retryable is is_retryable


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"\x00\xff\xfe garbage\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\nabc",
        OK + b"Content-Length: 1e3\r\n\r\nabc",
        OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        OK + b"Transfer-Encoding: gzip\r\n\r\nabc",
        OK + b"No colon here\r\n\r\n",
        OK + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        CHUNKED + b"zz\r\nabc",
        CHUNKED + b"5\r\nab",
    ],
)
async def test_garbage_is_a_failure(reply: bytes) -> None:
    assert isinstance(await outcome_of(replies(reply)), FetchFailedError)


async def test_a_refused_connection_is_a_retryable_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    async with fetcher() as client:
        with pytest.raises(FetchFailedError) as caught:
            await client.get(f"http://127.0.0.1:{port}/")
    assert caught.value.retryable


@pytest.mark.parametrize(
    "reply",
    [
        f"HTTP/1.1 500 {CANARY}\r\nX-A: {CANARY}\r\nContent-Length: 11\r\n\r\n{CANARY}",
        f"HTTP/1.1 302 {CANARY}\r\nLocation: http://127.0.0.2/{CANARY}\r\n\r\n",
        f"HTTP/1.1 302 {CANARY}\r\nLocation: {CANARY}://{CANARY}/\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nContent-Encoding: {CANARY}\r\nContent-Length: 0\r\n\r\n",
        f"{CANARY}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nContent-Length: {CANARY}\r\n\r\n",
    ],
)
async def test_no_error_repeats_what_the_other_side_said(reply: str) -> None:
    assert CANARY not in str(await outcome_of(replies(reply.encode())))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"Content-Type: image/png", "image/png"),
        (b"Content-Type: image/svg+xml;charset=utf-8", "image/svg+xml"),
        (b"Content-Type: <script>", None),
        (b"Content-Type: image/" + b"p" * 5000, None),
        (b"X-A: b", None),
    ],
)
async def test_the_type_is_plain_or_absent(head: bytes, expected: str | None) -> None:
    async with Listener(ok(b"a", head)) as far, fetcher() as client:
        assert (await client.get(far.url())).content_type == expected
