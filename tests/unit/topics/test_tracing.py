"""A record names the span of its sending, and nothing that it was not meant to."""

import pytest

from telemetry.spans import UNTRACED
from telemetry.traces import TraceContext, to_trace
from tests.support.events import TRACEPARENT, image_submitted
from tests.support.kept_spans import KeptSpans
from topics.catalog import IMAGE_SUBMITTED
from topics.codec import encode
from topics.memory import MemoryLog, MemoryPublisher
from topics.records import OutgoingRecord, Record
from topics.tracing import taken, trace_in

CALLER = to_trace(TRACEPARENT)
EVENT = image_submitted()


@pytest.fixture
def kept() -> KeptSpans:
    return KeptSpans()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def publisher(log: MemoryLog) -> MemoryPublisher:
    return MemoryPublisher(log)


def written(log: MemoryLog) -> Record:
    (record,) = log.in_order
    return record


async def test_it_names_the_span_of_its_sending(
    kept: KeptSpans, log: MemoryLog, publisher: MemoryPublisher
) -> None:
    with kept.tracer.span("asked", "server", under=TraceContext("a" * 32, "b" * 16, "01", "x=1")):
        await publisher.publish(EVENT)
    asked, sent = kept.spans
    assert (sent.name, sent.kind, sent.under) == ("send image-submitted", "producer", asked.trace)
    assert trace_in(written(log)) == sent.trace
    assert written(log).header("tracestate") == "x=1"
    assert sent.attributes["messaging.destination.name"] == "image-submitted"


async def test_a_place_in_the_trace_of_the_work_gives_way_to_the_work(
    kept: KeptSpans, log: MemoryLog, publisher: MemoryPublisher
) -> None:
    with kept.tracer.span("process", "consumer", under=CALLER):
        await publisher.publish(EVENT, traceparent=TRACEPARENT)
    assert kept.spans[1].under == kept.spans[0].trace
    assert trace_in(written(log)) == kept.spans[1].trace
    assert [name for name, _ in written(log).headers].count("traceparent") == 1


async def test_a_place_in_another_trace_stays(
    kept: KeptSpans, log: MemoryLog, publisher: MemoryPublisher
) -> None:
    with kept.tracer.span("other", "internal", under=None):
        await publisher.publish(EVENT, traceparent=TRACEPARENT)
    assert trace_in(written(log)) == CALLER
    assert len(kept.spans) == 1


async def test_unrecorded_it_names_the_place_of_the_work(
    log: MemoryLog, publisher: MemoryPublisher
) -> None:
    with UNTRACED.span("asked", "server", under=CALLER):
        await publisher.publish(EVENT)
    assert trace_in(written(log)) == CALLER


async def test_outside_any_work_it_is_as_it_was_given(
    log: MemoryLog, publisher: MemoryPublisher
) -> None:
    record = encode(EVENT, IMAGE_SUBMITTED, source="test", traceparent=None)
    await publisher.forward(record)
    assert written(log).headers == record.headers


async def test_a_dead_letter_keeps_its_headers(
    kept: KeptSpans, log: MemoryLog, publisher: MemoryPublisher
) -> None:
    record = encode(EVENT, IMAGE_SUBMITTED, source="test", traceparent=TRACEPARENT)
    letter = OutgoingRecord("image-submitted-dlq", record.key, record.value, record.headers)
    with kept.tracer.span("process", "consumer", under=CALLER):
        await publisher.forward(letter)
    assert written(log).headers == letter.headers
    assert kept.spans[1].name == "send image-submitted-dlq"


def test_what_is_told_of_a_record_that_is_taken() -> None:
    record = Record(IMAGE_SUBMITTED.name, 3, 1042, 0, EVENT.key.encode(), EVENT.to_json(), ())
    told = taken(record, "detector")
    assert told["messaging.operation.type"] == "process"
    assert told["messaging.destination.partition.id"] == "3"
    assert told["messaging.kafka.offset"] == 1042
    assert told["messaging.consumer.group.name"] == "detector"
