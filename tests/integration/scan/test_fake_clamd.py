"""The edges of clamd's protocol, on the wire: halves, lies, silence, and who is kept waiting."""

import asyncio
import time

import pytest

from processors.scan.address import TcpAddress
from processors.scan.clamd import ClamdScanner
from processors.scan.port import (
    Clean,
    Infected,
    ScanFailedError,
    ScannerDownError,
    ScanRefusedError,
)
from tests.support.eventually import eventually
from tests.support.services.clamd_fake import FakeClamd
from tests.support.services.ports import free_port
from tests.support.within import crowd

PICTURE = bytes(range(256)) * 1024
LARGE = bytes(15_000_000)


def scanner(fake: FakeClamd, *, timeout_s: float = 5.0, max_concurrent: int = 4) -> ClamdScanner:
    return ClamdScanner(fake.address, timeout_s=timeout_s, max_concurrent=max_concurrent)


async def test_all_of_the_bytes_are_sent_and_an_answer_in_pieces_is_one() -> None:
    async with FakeClamd(says=(b"str", b"eam: O", b"K", b"\0")).running() as fake:
        assert await scanner(fake).scan(PICTURE) == Clean()
        assert fake.streams == [PICTURE]


@pytest.mark.parametrize(
    "says",
    [(), (b"stream: O",), (b"stream: OK",), (b"stream: OK\n",), (b"stream: OK\0", b"stream: OK\0"),
     (b"stream: OK\0", b"more"), (b"\x00\xff" * 100_000,), (b"OK\0",)],
    ids=["closes", "half", "no NUL", "newline", "twice", "more", "garbage", "bare"],
)  # fmt: skip
async def test_an_answer_that_is_not_one_is_not_clean_and_no_outage(says: tuple[bytes]) -> None:
    async with FakeClamd(says=says).running() as fake:
        with pytest.raises(ScanFailedError):
            await scanner(fake).scan(PICTURE)


async def test_ok_found_is_found() -> None:
    async with FakeClamd(says=(b"stream: OK FOUND\0",)).running() as fake:
        assert await scanner(fake).scan(PICTURE) == Infected("OK")


async def test_ok_to_a_picture_that_was_not_read_is_a_lie() -> None:
    async with FakeClamd(listens=False).running() as fake:
        with pytest.raises(ScanFailedError, match="before the end"):
            await scanner(fake).scan(LARGE)


async def test_ok_and_no_end_is_no_answer() -> None:
    async with FakeClamd(hangs=True).running() as fake:
        with pytest.raises(ScanFailedError, match=r"no answer within 0\.3 s"):
            await scanner(fake, timeout_s=0.3).scan(PICTURE)


async def test_the_limit_is_heard_although_sending_failed() -> None:
    limit = b"INSTREAM size limit exceeded. ERROR\0"
    async with FakeClamd(says=(limit,), listens=False).running() as fake:
        with pytest.raises(ScanRefusedError):
            await scanner(fake).scan(LARGE)


async def test_silence_about_a_picture_is_no_outage_while_others_are_answered() -> None:
    async with FakeClamd(says=(), hangs=True).running() as fake:
        began = time.monotonic()
        with pytest.raises(ScanFailedError, match="no answer within"):
            await scanner(fake, timeout_s=0.3).scan(PICTURE)
        assert time.monotonic() - began < 3 * crowd()
        await eventually(lambda: fake.open_now == 0)


@pytest.mark.parametrize("pong", [b"", b"PONG", b"pong\0", b"PONG\0PONG\0", b"stream: OK\0"])
async def test_who_does_not_answer_a_ping_is_down(pong: bytes) -> None:
    async with FakeClamd(says=(), pong=pong).running() as fake:
        with pytest.raises(ScannerDownError):
            await scanner(fake).scan(PICTURE)
        with pytest.raises(ScannerDownError, match="PING"):
            await scanner(fake).check()


async def test_nobody_there_is_down() -> None:
    nobody = ClamdScanner(TcpAddress("127.0.0.1", free_port()), timeout_s=5, max_concurrent=1)
    with pytest.raises(ScannerDownError):
        await nobody.scan(PICTURE)


async def test_no_more_than_so_many_at_once() -> None:
    async with FakeClamd().running() as fake:
        fake.may_answer.clear()
        three = scanner(fake, max_concurrent=3)
        scans = [asyncio.create_task(three.scan(PICTURE)) for _ in range(10)]
        await eventually(lambda: len(fake.streams) == 3)
        assert fake.open_now == 3
        fake.may_answer.set()
        assert await asyncio.gather(*scans) == [Clean()] * 10
        assert fake.most_at_once <= 4  # one may not have closed yet as the next one comes


async def test_whoever_is_cancelled_leaves_no_connection_and_no_place_taken() -> None:
    async with FakeClamd(says=(), hangs=True).running() as fake:
        one = scanner(fake, max_concurrent=1)
        scan = asyncio.create_task(one.scan(PICTURE))
        await eventually(lambda: len(fake.streams) == 1)
        scan.cancel()
        await asyncio.gather(scan, return_exceptions=True)
        await eventually(lambda: fake.open_now == 0)
        fake.says, fake.hangs = (b"stream: OK\0",), False
        assert await one.scan(PICTURE) == Clean()
