"""What a consumer may meet on the two topics, and what it should make of it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiokafka import AIOKafkaProducer

from schemas.contract import RequestFact
from tests.contract.catalog.examples import all_examples
from tests.support.events import TRACEPARENT
from tests.support.poison_records import PoisonRecord, poison_records
from topics.catalog import RESULTS, topic_of
from topics.codec import encode
from topics.records import OutgoingRecord
from topics.settings import KafkaSettings

# Valid by the schema and harmless to whoever ignores the field, or beyond what a schema can say.
_NOT_FOR_SCHEMAS = {"deep_unknown_field", "before_the_year_one", "nothing_at_all"}
_WITHOUT_A_WORD = {"size_exceeded": "body_invalid"}


@dataclass(frozen=True, slots=True)
class Report:
    """What a program must say of a record that it cannot take."""

    reason: str
    topic: str
    partition: int
    offset: int


def record_of(
    event: RequestFact, *, traceparent: str | None = TRACEPARENT, body: Mapping[str, Any] = {}
) -> OutgoingRecord:
    """As the product writes it, with those fields besides or instead."""
    out = encode(event, topic_of(type(event)), source="test", traceparent=traceparent)
    changed = json.loads(out.value or b"") | dict(body)
    return replace(out, value=json.dumps(changed).encode())


def of_a_newer_product(event: RequestFact) -> OutgoingRecord:
    """With fields, at the top and further down, and headers that nobody knows yet."""
    known = json.loads(event.to_json())
    further = {
        "mood": {"of": ["the", "dog"]},
        "detected_objects": known["result"]["detected_objects"],
    }
    further["detected_objects"][0]["colour"] = "brown"
    out = record_of(event, body={"region": "eu", "result": known["result"] | further})
    later = (("ce_sequence", b"17"), ("x-later", None), ("x-twice", b"1"), ("x-twice", b"2"))
    return replace(out, headers=(*out.headers, *later))


async def write_what_is_invalid(settings: KafkaSettings, tenant: str) -> list[Report]:
    """Poison and the published examples of what is invalid, on both topics."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers, compression_type="gzip",
        max_request_size=32_000_000,
    )  # fmt: skip
    await producer.start()
    try:
        return [
            await _write(producer, topic.name, record)
            for topic in RESULTS
            for record in (*_poison(topic.name, tenant), *_examples(topic.name))
        ]
    finally:
        await producer.stop()


async def _write(producer: AIOKafkaProducer, topic: str, record: PoisonRecord) -> Report:
    at = await producer.send_and_wait(
        topic, record.value, key=record.key, headers=list(record.headers)
    )
    reason = _WITHOUT_A_WORD.get(record.reason, record.reason)
    return Report(reason, topic, at.partition, at.offset)


def _poison(topic: str, tenant: str) -> Iterable[PoisonRecord]:
    every = poison_records(topic, tenant_id=tenant)
    return (record for record in every if record.name not in _NOT_FOR_SCHEMAS)


def _examples(topic: str) -> Iterable[PoisonRecord]:
    for example in all_examples():
        if example.topic == topic and example.reason:
            out = example.record(topic)
            yield PoisonRecord(example.name, example.reason, out.key, out.value, out.headers)
