"""Three pages over real sockets, whatever comes in."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest

from processors.health_server import HealthServer, WorkerHealth
from schemas.http import DependencyReport
from telemetry.metrics import Metrics

WELL = WorkerHealth(live=True, ready=True, processors=("detector",), holding=(), problems=())
HELD = WorkerHealth(live=True, ready=False, processors=(), holding=("bucket",), problems=())
DEAD = WorkerHealth(live=False, ready=True, processors=(), holding=(), problems=("stuck",))


class Worker:
    def __init__(self) -> None:
        self.health = WELL
        self.reports: dict[str, DependencyReport] = {}
        self.server = HealthServer(
            lambda: self.health,
            lambda: self.reports,
            Metrics(),
            host="127.0.0.1",
            port=0,
            patience_s=0.3,
        )

    async def say(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        writer.write(request)
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return answer

    async def get(self, path: str) -> tuple[int, bytes]:
        answer = await self.say(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head
        return int(head.split()[1]), body


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    made = Worker()
    await made.server.start()
    yield made
    await made.server.aclose()


@pytest.mark.parametrize(
    ("health", "live", "ready"), [(WELL, 200, 200), (HELD, 200, 503), (DEAD, 503, 503)]
)
async def test_health_and_readiness(
    worker: Worker, health: WorkerHealth, live: int, ready: int
) -> None:
    worker.health = health
    status, body = await worker.get("/health")
    assert status == live
    assert json.loads(body)["holding"] == list(health.holding)
    assert (await worker.get("/ready"))[0] == ready
    assert (await worker.get("/ready?verbose=1"))[0] == ready


async def test_what_a_dependency_is_missed_for_is_said_and_changes_no_status(
    worker: Worker,
) -> None:
    meaning = "without it pictures wait"
    worker.reports = {"bucket": DependencyReport(status="down", latency_ms=2000, meaning=meaning)}
    for path in ("/health", "/ready"):
        status, body = await worker.get(path)
        assert status == 200
        assert json.loads(body)["dependencies"] == {
            "bucket": {"status": "down", "latency_ms": 2000.0, "meaning": meaning}
        }


async def test_metrics(worker: Worker) -> None:
    status, body = await worker.get("/metrics")
    assert status == 200
    assert b"process_cpu_seconds_total" in body


@pytest.mark.parametrize("path", ["/", "/healthz", "/../metrics", "/metrics/x", "*"])
async def test_anything_else_is_not_there(worker: Worker, path: str) -> None:
    assert (await worker.get(path))[0] == 404


async def test_only_get(worker: Worker) -> None:
    assert b" 405 " in await worker.say(b"POST /health HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"GET\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
        b"x" * 100_000,
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: never ends",
    ],
)
async def test_garbage_is_answered_or_hung_up_on_and_harms_nobody(
    worker: Worker, garbage: bytes
) -> None:
    with contextlib.suppress(ConnectionError):
        await worker.say(garbage)
    assert (await worker.get("/health"))[0] == 200


async def test_slow_clients_are_hung_up_on_and_keep_nobody_waiting(worker: Worker) -> None:
    slow = [await asyncio.open_connection("127.0.0.1", worker.server.port) for _ in range(50)]
    for _, writer in slow:
        writer.write(b"GET /hea")
    assert (await worker.get("/health"))[0] == 200
    for reader, writer in slow:
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_a_head_in_several_pieces_is_read_to_its_end(worker: Worker) -> None:
    """Closing with some of it unread would reset the connection, and the answer with it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", worker.server.port)
    for piece in (b"GET /hea", b"lth HTTP/1.1\r\n", b"Host: x\r\n", b"\r\n"):
        writer.write(piece)
        await asyncio.sleep(0.01)
    assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.0 200 ")
    writer.close()


async def test_a_port_in_use_is_an_error_at_the_start(worker: Worker) -> None:
    second = HealthServer(lambda: WELL, dict, Metrics(), host="127.0.0.1", port=worker.server.port)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await second.aclose()


async def test_it_can_be_closed_before_it_was_started() -> None:
    await HealthServer(lambda: WELL, dict, Metrics(), host="127.0.0.1", port=0).aclose()
