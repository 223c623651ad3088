"""Strangers' messages: poison on every topic, too large ones, and hand-made ones out of order:
F35, F37 and F38."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from tests.faults.evidence import Allowance, Evidence
from tests.faults.fault import Fault
from tests.faults.scene import Poison, Scene
from tests.support.poison_inbox import poison_inbox_records
from tests.support.poison_records import PoisonRecord, good_record, poison_records

_FLOW = (
    "image-requested", "image-requested-bulk", "image-submitted", "image-submitted-bulk",
    "image-analyzed", "analysis-failed",
)  # fmt: skip
_INBOXES = ("image-requested-inbox", "image-submitted-inbox")
_STRANGER = "stranger"
LETTERS = Allowance(dead_letters=True)
_OUT_OF_ORDER = 5


async def poison(scene: Scene) -> None:
    """All at once, in the middle of good ones: the load goes on, and must not be held up."""
    credential = await scene.do(lambda: scene.rig.new_key(_STRANGER))
    async with producer(scene) as out:
        for topic in _FLOW:
            home = topic.removesuffix("-bulk")
            await _write(scene, out, topic, poison_records(home, tenant_id=_STRANGER))
        for inbox in _INBOXES:
            made = poison_inbox_records(inbox, tenant_id=_STRANGER, credential=credential)
            await _write(scene, out, inbox, made)
    ids = scene.ids_of(await scene.load.burst(20))
    await scene.until_states(ids, "completed", within_s=30)


def all_set_aside(scene: Scene, evidence: Evidence) -> list[str]:
    letters = {
        (one.header("dlq-topic"), one.header("dlq-partition"), one.header("dlq-offset")): one
        for one in evidence.dead_letters
    }
    wrong = []
    for poison in scene.poison:
        letter = letters.get((poison.topic, str(poison.partition), str(poison.offset)))
        reason = None if letter is None else letter.header("dlq-reason")
        if reason != poison.reason:
            wrong.append(f"{poison.topic}@{poison.offset}: {reason}, expected {poison.reason}")
    if wrong:
        wrong.insert(0, f"{len(wrong)} of {len(scene.poison)} are not set aside as they should")
    return wrong[:4]


async def _out_of_order(scene: Scene) -> None:
    """A result that nobody asked for; a failure after the result; a failure before it; a cancel
    of what is done."""
    await scene.do(scene.rig.detect.pause)
    ids = scene.ids_of(await scene.load.burst(_OUT_OF_ORDER))
    done = next(row for row in scene.witnessed if row.state == "completed")
    async with producer(scene) as out:
        await _send(out, "image-analyzed", tenant=_STRANGER, request_id=str(uuid4()))
        await _send(out, "analysis-failed", tenant=done.tenant, request_id=done.request_id)
        for row in await scene.rows():
            if row.request_id in ids:
                await _send(out, "analysis-failed", tenant=row.tenant, request_id=row.request_id)
    await scene.until_states(ids, "failed", within_s=20)
    await scene.do(scene.rig.detect.resume)
    status = await _cancel(scene, done.tenant, done.request_id)
    scene.require(status == 409, f"the cancel of what is done was answered {status}")


async def _too_large(scene: Scene) -> None:
    async with producer(scene, compressed=False) as out:
        refused = False
        try:
            await out.send_and_wait("image-submitted", bytes(2_000_000), key=b"stranger/x")
        except MessageSizeTooLargeError:
            refused = True
        scene.require(refused, "the broker took two megabytes")
    async with producer(scene) as out:
        poison = PoisonRecord("zeros", "headers_invalid", b"stranger/x", bytes(20_000_000), ())
        await _write(scene, out, "image-submitted", (poison,))
    async with _http(scene, scene.tenants[0]) as client:
        files = {"image": ("large.png", bytes(15_200_000), "image/png")}
        answer = await client.post("/api/v1/analyze/upload", files=files)
        scene.require(answer.status_code == 413, f"a large upload: {answer.status_code}")
        long = {"image_url": f"http://127.0.0.1/{'x' * 100_000}"}
        answer = await client.post("/api/v1/analyze/url", json=long)
        scene.require(answer.status_code == 413, f"a large address: {answer.status_code}")
    await scene.hold(5.0)


@contextlib.asynccontextmanager
async def producer(scene: Scene, *, compressed: bool = True) -> AsyncIterator[AIOKafkaProducer]:
    """A stranger's own; compressed, so that the broker takes more than its limit."""
    out = AIOKafkaProducer(
        bootstrap_servers=scene.rig.kafka.bootstrap_servers,
        compression_type="gzip" if compressed else None,
        max_request_size=32_000_000,
    )
    await out.start()
    try:
        yield out
    finally:
        await out.stop()


async def _write(
    scene: Scene, out: AIOKafkaProducer, topic: str, records: Sequence[PoisonRecord]
) -> None:
    for one in records:
        if (one.key, one.value) == (None, None):
            continue  # this client cannot write it
        at = await out.send_and_wait(topic, one.value, key=one.key, headers=list(one.headers))
        scene.poison.append(Poison(topic, at.partition, at.offset, one.reason))


async def _send(out: AIOKafkaProducer, topic: str, *, tenant: str, request_id: str) -> None:
    good = good_record(topic, request_id=request_id, tenant_id=tenant)
    own_id = str(uuid4()).encode()
    headers = [(name, own_id if name == "ce_id" else value) for name, value in good.headers]
    await out.send_and_wait(topic, good.value, key=good.key, headers=headers)


async def _cancel(scene: Scene, tenant: str, request_id: str) -> int:
    async with _http(scene, tenant) as client:
        return (await client.post(f"/api/v1/analyses/{request_id}/cancel")).status_code


def _http(scene: Scene, tenant: str) -> httpx.AsyncClient:
    (key,) = (one.api_key for one in scene.listeners if one.tenant == tenant)
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(
        base_url=scene.rig.base_url, headers=headers, timeout=30, trust_env=False
    )


FAULTS = (
    Fault(
        "F35", "poison on every consumed topic",
        "each a dead letter with its reason; the good ones behind it done", poison, LETTERS,
        all_set_aside,
    ),
    Fault(
        "F37", "results and failures out of order",
        "nothing final changes; a result beats a failure", _out_of_order,
    ),
    Fault(
        "F38", "records and bodies that are too large",
        "refused at the door; one that is small until it is unpacked is set aside",
        _too_large, LETTERS, all_set_aside,
    ),
)  # fmt: skip
