"""What a dead letter carries, and whose request is failed with it."""

import gzip
from dataclasses import replace

import pytest

from schemas.failures import FailureCode
from tests.support.events import TRACEPARENT, analysis_failed, image_submitted, record_of
from tests.support.hostile_batches import ZSTD, batch_of, record
from tests.unit.processors.bench import Bench
from topics.catalog import ANALYSIS_FAILED, IMAGE_SUBMITTED, INBOXES, Topic
from topics.dead_letters import Refusal
from topics.errors import LogUnavailableError
from topics.record_batches import FetchedBatches
from topics.records import Record

DLQ = IMAGE_SUBMITTED.dead_letter_name
REFUSAL = Refusal("internal_error", "unexpected error", "detector", 2, "KeyError")


async def refused(bench: Bench, record: Record) -> Record:
    await bench.refusals.write(record, REFUSAL, FailureCode.INTERNAL_ERROR)
    return bench.written(f"{record.topic}-dlq")[-1]


async def test_both_records_are_written(bench: Bench) -> None:
    event = image_submitted()
    record = record_of(event)
    letter = await refused(bench, record)
    assert (letter.key, letter.value) == (record.key, record.value)
    assert letter.headers[: len(record.headers)] == record.headers
    (failed,) = bench.failures()
    assert (failed.key, failed.accepted_at) == (event.key, event.accepted_at)
    assert (failed.code, failed.attempts) == (FailureCode.INTERNAL_ERROR, 2)
    assert bench.written(ANALYSIS_FAILED.name)[0].header("traceparent") == TRACEPARENT


@pytest.mark.parametrize(
    "code", [FailureCode.INVALID_EVENT, FailureCode.RETRIES_EXHAUSTED, FailureCode.INTERNAL_ERROR]
)
async def test_only_what_was_tried_in_vain_is_worth_sending_again(
    bench: Bench, code: FailureCode
) -> None:
    await bench.refusals.write(record_of(image_submitted()), REFUSAL, code)
    assert bench.failures()[0].retryable == (code == FailureCode.RETRIES_EXHAUSTED)


async def test_a_record_whose_key_is_of_another_fails_nobody(bench: Bench) -> None:
    record = replace(record_of(image_submitted("acme")), key=b"globex/1")
    await refused(bench, record)
    assert not bench.failures()


async def test_a_refused_outcome_fails_its_request_too(bench: Bench) -> None:
    record = record_of(analysis_failed())
    await refused(bench, record)
    assert len(bench.failures()) == 1


async def test_a_repeat_parks_the_same_original_once_more_without_harm(bench: Bench) -> None:
    record = replace(record_of(image_submitted()), value=b"x" * 2_500_000)
    first, second = await refused(bench, record), await refused(bench, record)
    assert first.header("dlq-object-key") == second.header("dlq-object-key")
    assert first.header("dlq-size-bytes") == "2500000"
    assert first.header("dlq-reason") == "internal_error"


async def test_headers_that_no_dead_letter_can_hold_are_left_out_of_it(bench: Bench) -> None:
    big = tuple((f"x-{number}", b"x" * 500_000) for number in range(4))
    record = record_of(image_submitted())
    record = replace(record, headers=(*record.headers, *big))
    letter = await refused(bench, record)
    assert letter.header("ce_type") is not None
    assert letter.header("x-0") is None
    assert letter.header("dlq-sha256") is not None


async def test_nothing_is_swallowed_when_the_log_is_down(bench: Bench) -> None:
    bench.log.is_down = True
    with pytest.raises(LogUnavailableError):
        await refused(bench, record_of(image_submitted()))


async def test_a_value_that_was_left_packed_is_parked_as_its_producer_wrote_it(
    bench: Bench,
) -> None:
    value = b'"' + b"x" * 20_000_000 + b'"'
    written = batch_of([record(value, key=b"k")], codec=ZSTD).to_bytes(base_offset=8)
    [read] = FetchedBatches(written).next_batch()
    letter = await refused(
        bench, Record(IMAGE_SUBMITTED.name, 0, read.offset, 0, read.key, read.value, ())
    )
    assert letter.value is None
    assert letter.header("dlq-size-bytes") == str(len(value))
    parked = await bench.images.get(letter.header("dlq-object-key") or "", max_bytes=10**8)
    assert len(parked) < 100_000
    assert gzip.decompress(parked) == value


async def test_a_trace_that_is_none_does_not_grow_into_the_outcome(bench: Bench) -> None:
    good = record_of(image_submitted())
    kept = tuple(header for header in good.headers if header[0] != "traceparent")
    await refused(bench, replace(good, headers=(*kept, ("traceparent", b"0" * 1_000_000))))
    assert bench.written(ANALYSIS_FAILED.name)[0].header("traceparent") is None


@pytest.mark.parametrize("inbox", INBOXES, ids=lambda inbox: inbox.name)
async def test_a_record_of_an_inbox_that_names_somebodys_request_fails_nobody(
    bench: Bench, inbox: Topic
) -> None:
    theirs = record_of(image_submitted("globex"))
    letter = await refused(bench, replace(theirs, topic=inbox.name))
    assert (letter.key, letter.value) == (theirs.key, theirs.value)
    assert not bench.failures()
    await refused(bench, theirs)
    assert [failed.tenant_id for failed in bench.failures()] == ["globex"]
