"""What becomes of one message: done, invalid, tried again, exhausted, unexpected, held."""

import asyncio
import gzip
from dataclasses import replace

import pytest

from processors.errors import TransientWorkError
from processors.settlement import Handler, Patience
from schemas.failures import FailureCode
from storage.errors import StoreUnavailableError, TransientStorageError
from tests.support.events import (
    TRACEPARENT,
    image_submitted,
    image_submitted_inbox,
    placed,
    record_of,
)
from tests.support.eventually import eventually
from tests.unit.processors.bench import Bench
from topics.catalog import IMAGE_SUBMITTED, IMAGE_SUBMITTED_INBOX
from topics.codec import Envelope, encode_inbox
from topics.errors import InvalidMessageError, LogUnavailableError
from topics.records import Record
from topics.retries import later, rounds_so_far

DLQ = IMAGE_SUBMITTED.dead_letter_name
RETRY = IMAGE_SUBMITTED.retry_name


async def succeed(envelope: Envelope) -> None:
    del envelope


def fails(*errors: Exception) -> Handler:
    """Raises them one after the other, then succeeds."""
    left = list(errors)

    async def handle(envelope: Envelope) -> None:
        del envelope
        if left:
            raise left.pop(0)

    return handle


def again(record: Record) -> Record:
    """As it comes back from the retry topic."""
    out = later(record, delay_s=0, rounds=rounds_so_far(record) + 1)
    return replace(record, headers=out.headers)


async def test_done_is_counted_and_leaves_nothing_behind(bench: Bench) -> None:
    settlement = bench.settlement(succeed)
    await settlement.settle(record_of(image_submitted()))
    assert not bench.log.records
    labels = {"messaging_destination_name": "image-submitted", "outcome": "done"}
    assert bench.count("messaging_process_duration_seconds_count", **labels) == 1
    assert settlement.pulse.in_flight == 0


async def test_an_invalid_record_is_set_aside_at_once_and_its_request_fails(bench: Bench) -> None:
    event = image_submitted()
    record = replace(record_of(event, partition=3, offset=1042), headers=())
    await bench.settlement(succeed).settle(record)
    (letter,) = bench.written(DLQ)
    assert (letter.key, letter.value) == (record.key, record.value)
    named = {name: letter.header(f"dlq-{name}") for name in ("reason", "topic", "group")}
    assert named == {"reason": "headers_invalid", "topic": "image-submitted", "group": "test-group"}
    assert (letter.header("dlq-partition"), letter.header("dlq-offset")) == ("3", "1042")
    (failed,) = bench.failures()
    assert (failed.request_id, failed.code) == (event.request_id, FailureCode.INVALID_EVENT)


async def test_a_record_that_names_nobody_fails_nobody(bench: Bench) -> None:
    await bench.settlement(succeed).settle(replace(record_of(image_submitted()), value=b"{}"))
    assert len(bench.written(DLQ)) == 1
    assert not bench.failures()


async def test_a_handler_may_find_a_message_invalid(bench: Bench) -> None:
    handle = fails(InvalidMessageError("object_foreign", "not its own"))
    await bench.settlement(handle).settle(record_of(image_submitted()))
    assert bench.written(DLQ)[0].header("dlq-reason") == "object_foreign"


@pytest.mark.parametrize("error", [TransientWorkError("died"), TransientStorageError("deadlock")])
async def test_a_transient_error_is_tried_again_in_place(bench: Bench, error: Exception) -> None:
    await bench.settlement(fails(error, error)).settle(record_of(image_submitted()))
    assert not bench.log.records


async def test_the_last_try_is_followed_by_no_pause(bench: Bench) -> None:
    patience = Patience(tries=1, pause_s=3600)
    handle = fails(TransientWorkError("died"))
    settlement = bench.settlement(handle, patience=patience)
    await asyncio.wait_for(settlement.settle(record_of(image_submitted())), 5)
    assert len(bench.written(RETRY)) == 1


async def test_what_fails_every_try_goes_to_the_retry_topic_unchanged(bench: Bench) -> None:
    record = record_of(image_submitted())
    await bench.settlement(fails(*[TransientWorkError("died")] * 3)).settle(record)
    (waiting,) = bench.written(RETRY)
    assert (waiting.key, waiting.value) == (record.key, record.value)
    assert rounds_so_far(waiting) == 1
    assert set(record.headers) <= set(waiting.headers)
    assert not bench.failures()


async def test_after_its_round_it_is_set_aside_and_the_request_may_be_sent_again(
    bench: Bench,
) -> None:
    event = image_submitted()
    record = again(record_of(event))
    await bench.settlement(fails(*[TransientWorkError("died")] * 3)).settle(record)
    (letter,) = bench.written(DLQ)
    assert letter.header("dlq-reason") == "retries_exhausted"
    assert letter.header("dlq-error-class") == "TransientWorkError"
    assert letter.header("dlq-attempts") == "6"
    (failed,) = bench.failures()
    assert failed.code == FailureCode.RETRIES_EXHAUSTED
    assert failed.retryable
    assert failed.attempts == 6


async def test_a_record_too_large_for_the_retry_topic_is_set_aside(bench: Bench) -> None:
    record = record_of(image_submitted(), offset=7)
    settlement = bench.settlement(fails(*[TransientWorkError("died")] * 3))
    bench.publisher.too_large.add(RETRY)
    await settlement.settle(record)
    assert bench.written(DLQ)[0].header("dlq-reason") == "retries_exhausted"


async def test_an_error_of_our_own_is_set_aside_without_its_text(bench: Bench) -> None:
    handle = fails(KeyError("a secret of the process"))
    await bench.settlement(handle).settle(record_of(image_submitted()))
    (letter,) = bench.written(DLQ)
    assert letter.header("dlq-reason") == "internal_error"
    assert letter.header("dlq-error-class") == "KeyError"
    assert all(b"secret" not in (value or b"") for _, value in letter.headers)
    assert [failed.code for failed in bench.failures()] == [FailureCode.INTERNAL_ERROR]


@pytest.mark.parametrize("traceparent", [b"", b"x", b"--", b"\xff\xfe", b"-" * 5000, None])
async def test_no_trace_header_can_stop_a_worker(bench: Bench, traceparent: bytes | None) -> None:
    record = record_of(image_submitted())
    kept = tuple(header for header in record.headers if header[0] != "traceparent")
    record = replace(record, headers=(*kept, ("traceparent", traceparent)))
    await bench.settlement(succeed).settle(record)
    assert not bench.log.records


@pytest.mark.parametrize(
    ("error", "dependency"),
    [
        (StoreUnavailableError("bucket", "refused"), "bucket"),
        (StoreUnavailableError("postgres", "refused"), "postgres"),
        (LogUnavailableError("no answer"), "kafka"),
    ],
)
async def test_a_dependency_that_is_down_holds_the_message(
    bench: Bench, error: Exception, dependency: str
) -> None:
    is_down = True

    async def handle(envelope: Envelope) -> None:
        del envelope
        if is_down:
            raise error

    settlement = bench.settlement(handle)
    work = asyncio.create_task(settlement.settle(record_of(image_submitted())))
    await eventually(lambda: settlement.pulse.holds == {dependency: 1})
    assert settlement.pulse.is_waiting
    assert bench.metrics.registry.get_sample_value(
        "analyzer_dependency_up", {"dependency": dependency}
    ) == 0  # fmt: skip
    is_down = False
    await work
    assert not settlement.pulse.holds
    assert bench.count("analyzer_dependency_up", dependency=dependency) == 1
    assert not bench.log.records


async def test_a_hold_follows_the_dependency_that_is_down_now(bench: Bench) -> None:
    asked = 0

    async def handle(envelope: Envelope) -> None:
        nonlocal asked
        del envelope
        asked += 1
        if asked <= 3:
            raise StoreUnavailableError("bucket", "refused")
        if asked <= 100:
            raise LogUnavailableError("no answer")

    settlement = bench.settlement(handle)
    work = asyncio.create_task(settlement.settle(record_of(image_submitted())))
    await eventually(lambda: settlement.pulse.holds == {"kafka": 1})
    assert bench.count("analyzer_dependency_up", dependency="bucket") == 1
    await work


async def test_a_dead_letter_that_cannot_be_written_holds(bench: Bench) -> None:
    settlement = bench.settlement(succeed)
    bench.log.is_down = True
    record = replace(record_of(image_submitted()), value=b"not JSON")
    work = asyncio.create_task(settlement.settle(record))
    await eventually(lambda: settlement.pulse.holds == {"kafka": 1})
    bench.log.is_down = False
    await work
    assert len(bench.written(DLQ)) == 1


async def test_a_dead_letter_that_is_refused_holds_too(bench: Bench) -> None:
    settlement = bench.settlement(succeed)
    bench.publisher.too_large.add(DLQ)
    record = replace(record_of(image_submitted()), value=b"not JSON")
    work = asyncio.create_task(settlement.settle(record))
    await eventually(lambda: settlement.pulse.holds == {"kafka": 1})
    bench.publisher.too_large.clear()
    await work
    assert len(bench.written(DLQ)) == 1


async def test_a_retry_that_cannot_be_written_holds(bench: Bench) -> None:
    settlement = bench.settlement(fails(*[TransientWorkError("died")] * 300))
    bench.log.is_down = True
    work = asyncio.create_task(settlement.settle(record_of(image_submitted())))
    await eventually(lambda: settlement.pulse.holds == {"kafka": 1})
    bench.log.is_down = False
    await work
    assert len(bench.written(RETRY)) == 1


async def test_an_original_that_no_dead_letter_can_hold_is_parked_in_the_bucket(
    bench: Bench,
) -> None:
    value = b'"' + b"x" * 3_000_000 + b'"'
    record = replace(record_of(image_submitted(), partition=2, offset=5), value=value)
    settlement = bench.settlement(succeed)
    bench.images.is_down = True
    work = asyncio.create_task(settlement.settle(record))
    await eventually(lambda: settlement.pulse.holds == {"bucket": 1})
    bench.images.is_down = False
    await work
    (letter,) = bench.written(DLQ)
    assert letter.value is None
    key = letter.header("dlq-object-key")
    assert key == "_dead-letters/image-submitted/2/5.gz"
    assert gzip.decompress(await bench.images.get(key, max_bytes=4_000_000)) == value


async def test_cancelling_a_held_message_leaves_no_trace(bench: Bench) -> None:
    settlement = bench.settlement(succeed)
    bench.log.is_down = True
    work = asyncio.create_task(settlement.settle(replace(record_of(image_submitted()), value=b"")))
    await eventually(lambda: settlement.pulse.is_waiting)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not settlement.pulse.is_waiting
    assert settlement.pulse.in_flight == 0


async def test_the_trace_goes_on_in_the_failure_of_a_refused_record(bench: Bench) -> None:
    record = replace(record_of(image_submitted()), key=None)
    await bench.settlement(succeed).settle(record)
    assert bench.written(DLQ)[0].header("traceparent") == TRACEPARENT


async def test_a_record_with_a_credential_is_set_aside_instead_of_being_copied_on(
    bench: Bench,
) -> None:
    """An inbox has no retry topic."""
    event = image_submitted_inbox()
    sent = encode_inbox(event, "acme", source="camera", credential="the-secret")
    errors = [TransientWorkError("died")] * 3
    settlement = bench.settlement(fails(*errors), topic=IMAGE_SUBMITTED_INBOX)
    await settlement.settle(placed(sent))
    (letter,) = bench.log.in_order
    assert letter.topic == IMAGE_SUBMITTED_INBOX.dead_letter_name
    assert letter.header("dlq-reason") == "retries_exhausted"
    assert letter.header("dlq-attempts") == "3"
    assert letter.header("authorization") == "redacted"
    assert b"the-secret" not in repr(letter).encode()


async def test_a_handler_may_say_whose_a_refused_message_is(bench: Bench) -> None:
    handle = fails(InvalidMessageError("object_foreign", "not its own", tenant_id="acme"))
    await bench.settlement(handle).settle(record_of(image_submitted()))
    assert bench.written(DLQ)[0].header("dlq-tenantid") == "acme"
