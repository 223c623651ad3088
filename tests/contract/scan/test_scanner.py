"""What every scanner promises: the twin, and a real clamd by its port and by its socket."""

from collections.abc import Callable

import pytest

from processors.scan.address import to_address
from processors.scan.clamd import ClamdScanner
from processors.scan.memory import MemoryScanner
from processors.scan.port import (
    Clean,
    Infected,
    Scanner,
    ScannerDownError,
    ScanRefusedError,
)
from tests.support.hostile_images import encoded, gradient, png_of
from tests.support.services.clamd import EICAR, SIGNATURE, STREAM_MAX_BYTES, Clamd

PNG = encoded(gradient(), "PNG")
CLEAN = {
    "png": PNG,
    "jpeg": encoded(gradient(), "JPEG"),
    "almost": EICAR[:-1],
    "as large as is taken": bytes(STREAM_MAX_BYTES),
}
INFECTED = {
    "by itself": EICAR,
    "behind a picture": PNG + EICAR,
    "in a text of a picture": png_of(
        1, 1, pixels=bytes(4), before=((b"tEXt", b"Comment\0" + EICAR),)
    ),
    "in a comment": encoded(gradient(), "JPEG", comment=EICAR),
    "at the very end": bytes(STREAM_MAX_BYTES - len(EICAR)) + EICAR,
}


@pytest.fixture(params=["twin", "port", "socket"])
def scanner(request: pytest.FixtureRequest) -> Scanner:
    if request.param == "twin":
        return MemoryScanner({EICAR: SIGNATURE}, max_bytes=STREAM_MAX_BYTES)
    clamd: Clamd = request.getfixturevalue("clamd")
    where = clamd.address if request.param == "port" else clamd.socket_path
    return ClamdScanner(to_address(where), timeout_s=20, max_concurrent=2)


@pytest.mark.parametrize("data", CLEAN.values(), ids=CLEAN.keys())
async def test_nothing_is_known_against_it(scanner: Scanner, data: bytes) -> None:
    assert await scanner.scan(data) == Clean()


@pytest.mark.parametrize("data", INFECTED.values(), ids=INFECTED.keys())
async def test_malware_is_found_wherever_it_lies(scanner: Scanner, data: bytes) -> None:
    verdict = await scanner.scan(data)
    assert isinstance(verdict, Infected)
    assert verdict.signature.startswith(SIGNATURE)


@pytest.mark.parametrize("more", [1, 1024, 13_000_000])
async def test_what_is_too_large_is_refused_every_time(scanner: Scanner, more: int) -> None:
    for _ in range(3):
        with pytest.raises(ScanRefusedError):
            await scanner.scan(bytes(STREAM_MAX_BYTES + more))
    await scanner.check()


@pytest.fixture(params=["twin", "killed", "paused"])
def outage(request: pytest.FixtureRequest) -> tuple[Scanner, Callable[[], None]]:
    """A scanner that serves nobody, and how it is healed."""
    if request.param == "twin":
        twin = MemoryScanner()
        twin.is_down = True
        return twin, lambda: setattr(twin, "is_down", False)
    clamd: Clamd = request.getfixturevalue("clamd_to_break")
    real = ClamdScanner(to_address(clamd.address), timeout_s=1, max_concurrent=2)
    if request.param == "killed":
        clamd.kill()
        return real, clamd.start
    clamd.pause()
    return real, clamd.resume


async def test_an_outage_is_told_from_everything_else_and_ends(
    outage: tuple[Scanner, Callable[[], None]],
) -> None:
    scanner, heal = outage
    with pytest.raises(ScannerDownError):
        await scanner.scan(PNG)
    with pytest.raises(ScannerDownError):
        await scanner.check()
    heal()
    await scanner.check()
    assert await scanner.scan(PNG) == Clean()
