"""One picture through each door, by the real processes: the whole tree of its trace."""

import asyncio
import contextlib
import secrets
import uuid
from collections.abc import AsyncIterator, Sequence

from aiokafka import AIOKafkaProducer

from tests.support.otlp_receiver import GrpcReceiver, HttpReceiver, Received
from tests.support.otlp_spans import SeenSpan, tree_of
from tests.support.product_processes import Product
from tests.system.http_client import SAMPLES, connected, frames

PICTURE = next(path for path in SAMPLES if path.stem == "coffee").read_bytes()
# What a process remembers for a while it asks for in some requests and not in others.
REMEMBERED = {"postgresql find_api_key", "postgresql count_unfinished"}
WORKED = [
    "detect: process image-submitted (consumer)",
    "  detect: S3 GetObject (client)",
    "  detect: detect (internal)",
    "  detect: send image-analyzed (producer)",
]
TOLD = [
    "api: sse frame (internal)",
    "io: process image-analyzed (consumer)",
]


class Caller:
    """Somebody else's span, which ours go below."""

    def __init__(self) -> None:
        self.trace_id, self.span_id = secrets.token_hex(16), secrets.token_hex(8)
        self.headers = {
            "traceparent": f"00-{self.trace_id}-{self.span_id}-01",
            "tracestate": "caller=here",
        }

    def tree(self, spans: Sequence[SeenSpan]) -> list[str]:
        """Below the caller's own; all spans of the trace are in it, or the test fails."""
        ours = [span for span in spans if span.trace_id == self.trace_id]
        told = [span for span in ours if span.name not in REMEMBERED]
        (root,) = (span for span in told if span.parent_id == self.span_id)
        lines = tree_of(told, root)
        assert len(lines) == len(told)
        assert {span.state for span in told} == {"caller=here"}
        return lines


def below(indent: int, lines: Sequence[str]) -> list[str]:
    return [" " * indent + line for line in lines]


@contextlib.asynccontextmanager
async def listening(product: Product) -> AsyncIterator[None]:
    """A client that takes all frames of the tenant, of whatever."""
    connected_yet = asyncio.Event()

    async def take() -> None:
        async with connected(product.base_url, product.api_key) as client:
            async for frame in frames(client, "/api/v1/events"):
                if frame.event == "connected":
                    connected_yet.set()

    taking = asyncio.create_task(take())
    try:
        await asyncio.wait_for(connected_yet.wait(), 20)
        yield
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)


class Whole:
    """Whether so many spans of the trace have come, and the batch in which it was recorded."""

    def __init__(self, caller: Caller, count: int) -> None:
        self._caller, self._count = caller, count

    def __call__(self, spans: Sequence[SeenSpan]) -> bool:
        trace_id = self._caller.trace_id
        ours = [one for one in spans if one.trace_id == trace_id and one.name not in REMEMBERED]
        return len(ours) >= self._count and batch_of(spans, trace_id) is not None


def batch_of(spans: Sequence[SeenSpan], trace_id: str) -> SeenSpan | None:
    batches = (one for one in spans if one.name == "record" and not one.parent_id)
    return next((one for one in batches if trace_id in dict(one.links)), None)


async def seen(received: Received, caller: Caller, expected: Sequence[str]) -> list[SeenSpan]:
    """All spans, when that tree has come."""
    spans = await asyncio.to_thread(received.wait_for, Whole(caller, len(expected)))
    assert caller.tree(spans) == list(expected)
    return spans


async def test_an_upload_is_one_tree_to_the_frame_of_the_stream(
    product: Product, received_spans: Received
) -> None:
    caller = Caller()
    async with listening(product), connected(product.base_url, product.api_key) as client:
        answer = await client.post(
            "/api/v1/analyze/upload",
            files={"image": ("picture.jpg", PICTURE, "image/jpeg")},
            headers=caller.headers | {"Prefer": "wait=30"},
        )
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-trace-id"] == caller.trace_id
        expected = [
            "api: POST /api/v1/analyze/upload (server)",
            *below(2, ["api: S3 PutObject (client)", "api: postgresql accept_analysis (client)"]),
            *below(2, ["api: send image-submitted (producer)"]),
            *below(4, WORKED),
            *below(8, [TOLD[0], "api: waiting answer (internal)", TOLD[1]]),
        ]
        spans = await seen(received_spans, caller, expected)
    check_attributes(spans, caller, answer.json()["request_id"])
    check_batch(spans, caller)


def check_attributes(spans: Sequence[SeenSpan], caller: Caller, request_id: str) -> None:
    ours = {one.name: one for one in spans if one.trace_id == caller.trace_id}
    server = ours["POST /api/v1/analyze/upload"]
    assert server.attributes["http.request.method"] == "POST"
    assert server.attributes["http.route"] == "/api/v1/analyze/upload"
    assert server.attributes["http.response.status_code"] == 200
    assert server.attributes["analyzer.tenant_id"] == "system-test"
    sent, worked = ours["send image-submitted"], ours["process image-submitted"]
    for span in (sent, worked):
        assert span.attributes["messaging.system"] == "kafka"
        assert span.attributes["messaging.destination.name"] == "image-submitted"
    assert sent.attributes["messaging.operation.type"] == "send"
    assert worked.attributes["messaging.operation.type"] == "process"
    assert worked.attributes["messaging.consumer.group.name"] == "detector"
    assert ours["postgresql accept_analysis"].attributes["db.system.name"] == "postgresql"
    for span in (server, worked, ours["process image-analyzed"], ours["sse frame"]):
        assert span.attributes["analyzer.request_id"] == request_id
    assert not any(one.is_error for one in ours.values())


def check_batch(spans: Sequence[SeenSpan], caller: Caller) -> None:
    """Recording is worked in batches, each linked to the messages in it."""
    batch = batch_of(spans, caller.trace_id)
    assert batch is not None
    ours = [one for one in spans if one.trace_id == caller.trace_id]
    (message,) = (one for one in ours if one.name == "process image-analyzed")
    assert message.place in batch.links
    assert tree_of(spans, batch) == [
        "io: record (internal)",
        "  io: postgresql record_outcomes (client)",
    ]
    (waited,) = (one for one in ours if one.name == "waiting answer")
    (server,) = (one for one in ours if one.kind == "server")
    assert waited.links == (server.place,)


async def test_an_address_is_one_tree_with_its_download(
    product: Product, received_spans: Received
) -> None:
    caller = Caller()
    async with (
        serving(PICTURE) as address,
        listening(product),
        connected(product.base_url, product.api_key) as client,
    ):
        answer = await client.post(
            "/api/v1/analyze/url",
            json={"image_url": f"{address}/secret-path.jpg?key=never-told"},
            headers=caller.headers | {"Prefer": "respond-async"},
        )
        assert answer.status_code == 202, answer.text
        expected = [
            "api: POST /api/v1/analyze/url (server)",
            "  api: postgresql accept_analysis (client)",
            "  api: send image-requested (producer)",
            "    io: process image-requested (consumer)",
            *below(6, ["io: GET (client)", "io: S3 PutObject (client)"]),
            "      io: send image-submitted (producer)",
            *below(8, WORKED),
            *below(12, TOLD),
        ]
        spans = await seen(received_spans, caller, expected)
    (download,) = (one for one in spans if one.trace_id == caller.trace_id and one.name == "GET")
    assert download.attributes == {
        "http.request.method": "GET",
        "server.address": address.removeprefix("http://"),
        "http.response.status_code": 200,
    }
    assert "never-told" not in repr(spans)
    assert "secret-path" not in repr(spans)


async def test_a_record_of_an_outside_producer_is_one_tree(
    product: Product, received_spans: Received
) -> None:
    caller = Caller()
    request_id = str(uuid.uuid4())
    async with serving(PICTURE) as address, listening(product):
        await send(product, request_id, f"{address}/a.jpg", caller)
        expected = [
            "io: process image-requested-inbox (consumer)",
            "  io: postgresql accept_analysis (client)",
            *below(2, 2 * ["io: postgresql find_analysis (client)"]),
            "  io: send image-requested (producer)",
            "    io: process image-requested (consumer)",
            *below(6, ["io: GET (client)", "io: S3 PutObject (client)"]),
            "      io: send image-submitted (producer)",
            *below(8, WORKED),
            *below(12, TOLD),
        ]
        spans = await seen(received_spans, caller, expected)
    assert product.api_key not in repr(spans)


async def test_receivers_that_hang_cost_no_request_anything(
    product: Product, trace_receivers: tuple[GrpcReceiver, HttpReceiver], received_spans: Received
) -> None:
    """Then they answer again, and what waited arrives."""
    for receiver in trace_receivers:
        receiver.may_answer.clear()
    callers = [Caller() for _ in range(5)]
    try:
        async with connected(product.base_url, product.api_key) as client:
            for caller in callers:
                answer = await client.post(
                    "/api/v1/analyze/upload",
                    files={"image": ("picture.jpg", PICTURE, "image/jpeg")},
                    headers=caller.headers | {"Prefer": "wait=30"},
                )
                assert answer.status_code == 200, answer.text
    finally:
        for receiver in trace_receivers:
            receiver.may_answer.set()
    last = callers[-1].trace_id
    await asyncio.to_thread(
        received_spans.wait_for,
        lambda spans: (
            {"api", "detect"}
            <= {one.service.rpartition("-")[2] for one in spans if one.trace_id == last}
        ),
    )


async def send(product: Product, request_id: str, image_url: str, caller: Caller) -> None:
    topic = "image-requested-inbox"
    body = f'{{"request_id": "{request_id}", "image_url": "{image_url}"}}'
    headers = {
        "ce_specversion": "1.0", "ce_id": request_id, "ce_source": "/stranger",
        "ce_type": f"io.imageanalyzer.{topic}.v1", "content-type": "application/json",
        "authorization": f"Bearer {product.api_key}", **caller.headers,
    }  # fmt: skip
    producer = AIOKafkaProducer(bootstrap_servers=product.stack.kafka_bootstrap_servers)
    await producer.start()
    try:
        encoded = [(name, text.encode()) for name, text in headers.items()]
        await producer.send_and_wait(topic, body.encode(), headers=encoded)
    finally:
        await producer.stop()


@contextlib.asynccontextmanager
async def serving(picture: bytes) -> AsyncIterator[str]:
    """A web server that gives this picture, whatever it is asked for."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode() + picture)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
