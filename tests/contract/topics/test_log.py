"""What a publisher wrote, a tail sees: everything, unchanged, in order, and again on request."""

import os
from dataclasses import dataclass, field

import pytest

from tests.contract.topics.conftest import Log
from tests.support.events import TRACEPARENT, analysis_failed, image_submitted, one_of_each
from tests.support.eventually import eventually
from topics.catalog import (
    ANALYSIS_FAILED,
    IMAGE_ANALYZED,
    IMAGE_SUBMITTED_BULK,
    RESULTS,
    topic_named,
    topic_of,
)
from topics.codec import decode, event_id
from topics.errors import RecordTooLargeError
from topics.positions import Positions
from topics.records import Headers, OutgoingRecord, Record

Place = tuple[str, int]


@dataclass
class Seen:
    """What a tail has called back for of one tenant."""

    tenant: str
    records: list[Record] = field(default_factory=list)

    def __call__(self, record: Record) -> None:
        if (record.key or b"").startswith(self.tenant.encode()):
            self.records.append(record)

    def __len__(self) -> int:
        return len(self.records)


@pytest.fixture
def seen(tenant: str) -> Seen:
    return Seen(tenant)


def raw(tenant: str, value: bytes | None = b"{}", headers: Headers = ()) -> OutgoingRecord:
    return OutgoingRecord("analysis-failed", f"{tenant}/raw".encode(), value, headers)


async def test_every_event_arrives_at_its_home_under_its_key(
    log: Log, tenant: str, seen: Seen
) -> None:
    events = one_of_each(tenant)
    tail = await log.tail(tuple(topic_of(type(event)) for event in events), seen)
    await tail.start()
    publisher = await log.publisher()
    for event in events:
        await publisher.publish(event, traceparent=TRACEPARENT)
    await eventually(lambda: len(seen) == len(events))

    for record in seen.records:
        envelope = decode(record, topic_named(record.topic))
        event = next(one for one in events if one == envelope.event)
        assert record.topic == topic_of(type(event)).name
        assert record.key == event.key.encode()
        assert envelope.event_id == event_id(event)
        assert envelope.traceparent == TRACEPARENT
        assert record.header("ce_source") == "test"
        assert record.timestamp_ms > 0


async def test_a_lane_is_chosen_by_its_topic(log: Log, tenant: str, seen: Seen) -> None:
    tail = await log.tail((IMAGE_SUBMITTED_BULK,), seen)
    await tail.start()
    event = image_submitted(tenant)
    await (await log.publisher()).publish(event, topic=IMAGE_SUBMITTED_BULK)
    await eventually(lambda: len(seen) == 1)
    assert seen.records[0].topic == "image-submitted-bulk"
    assert decode(seen.records[0], IMAGE_SUBMITTED_BULK).event == event


async def test_records_of_one_key_keep_their_order(log: Log, tenant: str, seen: Seen) -> None:
    tail = await log.tail(RESULTS, seen)
    await tail.start()
    publisher = await log.publisher()
    for number in range(100):
        await publisher.forward(raw(tenant, str(number).encode()))
    await eventually(lambda: len(seen) == 100)

    assert [record.value for record in seen.records] == [b"%d" % n for n in range(100)]
    assert len({record.partition for record in seen.records}) == 1
    offsets = [record.offset for record in seen.records]
    assert offsets == list(range(offsets[0], offsets[0] + 100))


@pytest.mark.parametrize("value", [b"", None, b"\x00\xff", b"x" * 900_000])
async def test_any_bytes_are_kept(log: Log, tenant: str, seen: Seen, value: bytes | None) -> None:
    headers: Headers = (("a", b"1"), ("a", b"\xff"), ("null", None), ("empty", b""), ("ü", b"2"))
    await (await log.publisher()).forward(raw(tenant, value, headers))
    tail = await log.tail(RESULTS, seen)
    await tail.start()
    await eventually(lambda: len(seen) == 1)
    assert seen.records[0].value == value
    assert seen.records[0].headers == headers


async def test_a_record_without_key_and_value_is_written_with_an_empty_value(log: Log) -> None:
    mark = os.urandom(8)
    seen: list[Record] = []
    tail = await log.tail(RESULTS, seen.append)
    await tail.start()
    letter = OutgoingRecord("analysis-failed", None, None, (("mark", mark),))
    await (await log.publisher()).forward(letter)
    await eventually(lambda: any(record.headers == letter.headers for record in seen))
    record = next(record for record in seen if record.headers == letter.headers)
    assert (record.key, record.value) == (None, b"")


async def test_a_tail_sees_what_was_written_before_it_and_not_yet_recorded(
    log: Log, tenant: str, seen: Seen
) -> None:
    await (await log.publisher()).publish(analysis_failed(tenant))
    tail = await log.tail(RESULTS, seen)
    await tail.start()
    await eventually(lambda: len(seen) == 1)


async def test_a_tail_sees_only_its_topics(log: Log, tenant: str, seen: Seen) -> None:
    tail = await log.tail((ANALYSIS_FAILED,), seen)
    await tail.start()
    publisher = await log.publisher()
    for event in one_of_each(tenant):
        await publisher.publish(event)
    await publisher.publish(analysis_failed(tenant))
    await eventually(lambda: len(seen) == 2)
    assert {record.topic for record in seen.records} == {"analysis-failed"}


async def test_a_tail_is_connected_from_its_start_until_it_is_closed(log: Log, seen: Seen) -> None:
    tail = await log.tail(RESULTS, seen)
    assert not tail.is_connected
    assert tail.log_identity == ""
    await tail.start()
    await eventually(lambda: tail.is_connected)
    assert tail.log_identity
    await tail.aclose()
    assert not tail.is_connected


async def test_every_tail_of_a_log_sees_the_same_identity(log: Log, seen: Seen) -> None:
    tails = [await log.tail(RESULTS, seen), await log.tail((IMAGE_ANALYZED,), seen)]
    for tail in tails:
        await tail.start()
    await eventually(lambda: all(tail.is_connected for tail in tails))
    assert len({tail.log_identity for tail in tails}) == 1


async def test_a_range_between_two_positions_is_read_again(
    log: Log, tenant: str, seen: Seen
) -> None:
    tail = await log.tail(RESULTS, seen)
    await tail.start()
    publisher = await log.publisher()
    await publisher.publish(analysis_failed(tenant))
    await eventually(lambda: len(seen) == 1)
    start = await settled_positions(tail.positions, seen)
    for _ in range(20):
        await publisher.publish(analysis_failed(tenant))
    await eventually(lambda: len(seen) == 21)
    stop = await settled_positions(tail.positions, seen)
    await publisher.publish(analysis_failed(tenant))

    again = [record async for record in tail.read_range(start, stop)]
    by_place = [sorted(records, key=place) for records in (again, seen.records[1:21])]
    assert by_place[0] == by_place[1]


async def settled_positions(at: Positions, seen: Seen) -> Positions:
    """Positions after everything that was seen; a tail may note a batch after calling back."""
    for record in seen.records:
        if dict(at).get((record.topic, record.partition), 0) <= record.offset:
            at = at.after(record.topic, record.partition, record.offset)
    return at


def place(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset


async def test_positions_follow_what_was_called_back_for(log: Log, tenant: str, seen: Seen) -> None:
    tail = await log.tail(RESULTS, seen)
    await tail.start()
    await (await log.publisher()).publish(analysis_failed(tenant))
    await eventually(lambda: len(seen) == 1)
    record = seen.records[0]
    where = (record.topic, record.partition)
    await eventually(lambda: dict(tail.positions)[where] == record.offset + 1)
    assert {topic for (topic, _), _ in tail.positions} == {topic.name for topic in RESULTS}


async def test_an_empty_range_holds_nothing(log: Log, tenant: str, seen: Seen) -> None:
    tail = await log.tail(RESULTS, seen)
    await tail.start()
    await (await log.publisher()).publish(analysis_failed(tenant))
    await eventually(lambda: len(seen) == 1 and bool(dict(tail.positions)))
    at = tail.positions
    assert [record async for record in tail.read_range(at, at)] == []
    assert [record async for record in tail.read_range(Positions(), Positions())] == []
    assert [record async for record in tail.read_range(Positions(), at)] == []


async def test_a_record_too_large_for_its_topic_is_refused_and_the_next_goes_through(
    log: Log, tenant: str, seen: Seen
) -> None:
    publisher = await log.publisher()
    with pytest.raises(RecordTooLargeError):
        await publisher.forward(raw(tenant, os.urandom(1_300_000)))
    with pytest.raises(RecordTooLargeError):
        await publisher.forward(raw(tenant, os.urandom(3_000_000)))
    await publisher.publish(analysis_failed(tenant))

    tail = await log.tail(RESULTS, seen)
    await tail.start()
    await eventually(lambda: len(seen) == 1)


async def test_a_dead_letter_topic_takes_twice_as_much(log: Log, tenant: str) -> None:
    publisher = await log.publisher()
    record = raw(tenant, os.urandom(1_900_000))
    await publisher.forward(OutgoingRecord("analysis-failed-dlq", record.key, record.value, ()))
