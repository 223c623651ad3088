"""Clients that go away: in mid upload, before the answer, in mid stream: F41."""

import asyncio
import socket
import struct
import time

from tests.faults.evidence import Allowance
from tests.faults.fault import Fault
from tests.faults.scene import Scene

_EACH = 20
_IMPATIENT_S = 0.004
_GONE_WITHIN_S = 5.0
_SPARE_FILES = 12
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


async def _hung_up(scene: Scene) -> None:
    api, key = scene.rig.api, scene.listeners[0].api_key
    log_size = api.log_file.stat().st_size
    usual = max(one.open_files for one in scene.samples("api", since=time.monotonic() - 5))
    upload = (
        f"POST /api/v1/analyze/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    ).encode() + bytes(100_000)
    stream = (
        f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n"
    ).encode()
    await asyncio.gather(*(_reset_after(api.port, upload) for _ in range(_EACH)))
    await asyncio.gather(*(_reset_after(api.port, stream) for _ in range(_EACH)))
    numbers = [scene.load.new_number() for _ in range(_EACH)]
    client = scene.clients[0]
    outcomes = await asyncio.gather(
        *(client.send(one, "upload", patience_s=_IMPATIENT_S) for one in numbers)
    )
    scene.require("info" in outcomes, "no client was gone before its answer")
    gone_at = time.monotonic()
    await scene.hold(_GONE_WITHIN_S + 1.5)
    after = [one.open_files for one in scene.samples("api", since=gone_at + _GONE_WITHIN_S)]
    most = usual + _SPARE_FILES
    scene.require(after and min(after) <= most, f"open files: {usual} before, {after} after")
    with api.log_file.open("rb") as log:
        log.seek(log_size)
        said = log.read().decode("utf-8", "replace")
    scene.require("Traceback" not in said, "a stack trace is in the log of the API")
    errors = [line for line in said.splitlines() if '"level": "error"' in line]
    scene.require(not errors, f"{len(errors)} errors in the log of the API: {errors[:1]}")


async def _reset_after(port: int, request: bytes) -> None:
    """Send it, wait a moment, and go with a reset instead of a goodbye."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    del reader
    writer.write(request)
    await writer.drain()
    await asyncio.sleep(0.5)
    held: socket.socket = writer.get_extra_info("socket")
    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.close()


FAULTS = (
    Fault(
        "F41", "clients gone in mid upload, before the answer, in mid stream",
        "files and tasks gone within 5 s; no error in the log", _hung_up, Allowance(),
    ),
)  # fmt: skip
