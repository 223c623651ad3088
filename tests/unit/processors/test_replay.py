"""What a dead letter becomes when it is replayed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from processors.replay import Replayer, reason_of
from schemas.contract import RequestEvent
from schemas.events import ImageRequested, InboxEvent, Lane
from schemas.failures import FailureCode
from storage.errors import StoreUnavailableError
from storage.ports import Analysis, Completed, Failed, Pending, ReplayRefusedError, Request
from tests.support.events import (
    analysis_failed,
    image_analyzed,
    image_requested,
    image_submitted,
    new_request_id,
    placed,
    record_of,
)
from tests.support.kept_spans import KeptSpans
from tests.unit.processors.admission import Admission, admission, asked, brought, inbox_record
from tests.unit.processors.bench import NOW, Bench
from topics.catalog import IMAGE_SUBMITTED, topic_of
from topics.dead_letters import REPLAYS, Refusal, dead_letter
from topics.errors import InvalidMessageError, LogUnavailableError
from topics.letters import DeadLetter, to_letter
from topics.records import Record
from topics.retries import later
from topics.sealed import UnreadableBatch
from topics.tracing import trace_in

NEW_ID = UUID("0198d2c4-7a10-7a10-8a10-aaaaaaaaaaaa")
LIVES_FOR = timedelta(hours=2)
REFUSAL = Refusal("internal_error", "unexpected error", "detector", 1, "KeyError")


def letter_of(record: Record, refusal: Refusal = REFUSAL) -> DeadLetter:
    return to_letter(placed(dead_letter(record, refusal), offset=9))


@pytest.fixture
async def inbox(bench: Bench) -> Admission:
    return await admission(bench)


@pytest.fixture
def replayer(bench: Bench, inbox: Admission) -> Replayer:
    """The first new request is NEW_ID."""
    ids = [NEW_ID]
    return Replayer(
        analyses=bench.analyses, images=bench.images, publisher=bench.publisher,
        admission=inbox.admit, clock=bench.clock,
        new_id=lambda: ids.pop() if ids else new_request_id(), lives_for=LIVES_FOR,
    )  # fmt: skip


async def failed_one(bench: Bench, request: Request, lane: Lane = "interactive") -> Request:
    await bench.analyses.accept(request, lane=lane)
    await bench.analyses.record([analysis_failed(request_id=request.request_id)])
    return request


async def known(bench: Bench, request_id: UUID) -> Analysis:
    found = await bench.analyses.find("acme", request_id)
    assert found is not None
    return found


@pytest.mark.parametrize("lane", ["interactive", "bulk"])
@pytest.mark.parametrize("make", [image_requested, image_submitted])
async def test_a_request_is_worked_again_under_a_new_id_that_names_the_old(
    bench: Bench, replayer: Replayer, make: Callable[[], Request], lane: Lane
) -> None:
    old = await failed_one(bench, make(), lane)
    assert await replayer.replay(letter_of(record_of(old))) == NEW_ID
    fresh = {"request_id": NEW_ID, "accepted_at": NOW, "deadline_at": NOW + LIVES_FOR}
    again = old.model_copy(update=fresh)
    (record,) = bench.log.in_order
    home = topic_of(type(old)).name
    assert record.topic == (f"{home}-bulk" if lane == "bulk" else home)
    assert record.value == again.to_json()
    assert await known(bench, NEW_ID) == Analysis(
        again, Pending(), lane=lane, replay_of=old.request_id, replay_number=1
    )
    assert (await known(bench, old.request_id)).replayed_as == NEW_ID


async def test_a_replay_is_a_trace_of_its_own_that_is_linked_to_the_old(
    bench: Bench, inbox: Admission
) -> None:
    kept = KeptSpans()
    replayer = Replayer(
        analyses=bench.analyses, images=bench.images, publisher=bench.publisher,
        admission=inbox.admit, clock=bench.clock, new_id=lambda: NEW_ID, lives_for=LIVES_FOR,
        tracer=kept.tracer,
    )  # fmt: skip
    old = await failed_one(bench, image_submitted())
    await replayer.replay(letter_of(record_of(old)))
    span, then = kept.one("replay"), trace_in(record_of(old))
    assert (span.under, span.links) == (None, (then,))
    (sent,) = bench.log.in_order
    here = trace_in(sent)
    assert here is not None
    assert here.trace_id == span.trace.trace_id
    (waiting,) = await bench.analyses.find_unannounced(bench.now + LIVES_FOR, 10)
    assert waiting.traceparent == span.trace.traceparent


async def test_what_waited_in_a_retry_topic_is_worked_again_like_the_rest(
    bench: Bench, replayer: Replayer
) -> None:
    old = await failed_one(bench, image_submitted())
    waited = placed(later(record_of(old), delay_s=0, rounds=1))
    assert await replayer.replay(letter_of(waited)) == NEW_ID
    assert [record.topic for record in bench.log.in_order] == [IMAGE_SUBMITTED.name]


async def test_once_replayed_pending_and_completed_are_refused(
    bench: Bench, replayer: Replayer
) -> None:
    old = await failed_one(bench, image_submitted())
    await replayer.replay(letter_of(record_of(old)))
    pending, completed = image_submitted(), image_submitted()
    for request in (pending, completed):
        await bench.analyses.accept(request)
    await bench.analyses.record([image_analyzed(request_id=completed.request_id)])
    count = len(bench.log.in_order)
    refused: list[tuple[Request, str]] = [
        (old, "already"), (pending, "no outcome"), (completed, "a result"),
    ]  # fmt: skip
    for one, why in refused:
        with pytest.raises(ReplayRefusedError, match=why):
            await replayer.replay(letter_of(record_of(one)))
    assert len(bench.log.in_order) == count


async def test_a_replay_that_could_not_be_announced_is_left_to_the_sweeper(
    bench: Bench, replayer: Replayer
) -> None:
    old = await failed_one(bench, image_submitted())
    bench.log.is_down = True
    with pytest.raises(LogUnavailableError):
        await replayer.replay(letter_of(record_of(old)))
    [due] = await bench.analyses.find_unannounced(NOW + LIVES_FOR, 10)
    assert due.request.request_id == NEW_ID
    bench.log.is_down = False
    with pytest.raises(ReplayRefusedError, match=f"already, as {NEW_ID}"):
        await replayer.replay(letter_of(record_of(old)))
    assert await bench.analyses.count_unfinished(10) == 1


def set_aside_at(letter: DeadLetter, moment: datetime) -> DeadLetter:
    headers = (*letter.record.headers, ("dlq-failed-at", moment.isoformat().encode()))
    return to_letter(replace(letter.record, headers=headers))


async def test_a_replay_that_was_made_and_never_noted_is_found_again(
    bench: Bench, replayer: Replayer
) -> None:
    """The operator's process may die between the two."""
    old = await failed_one(bench, image_submitted())
    letter = set_aside_at(letter_of(record_of(old)), NOW - timedelta(minutes=5))
    assert [await replayer.replay(letter) for _ in range(2)] == [NEW_ID, NEW_ID]
    assert len(bench.log.in_order) == 1
    assert await bench.analyses.count_unfinished(10) == 1


async def test_a_letter_of_after_the_replay_is_not_answered_by_it(
    bench: Bench, replayer: Replayer
) -> None:
    old = await failed_one(bench, image_submitted())
    await replayer.replay(letter_of(record_of(old)))
    later_on = set_aside_at(letter_of(record_of(old)), NOW + timedelta(microseconds=1))
    with pytest.raises(ReplayRefusedError, match=f"already, as {NEW_ID}"):
        await replayer.replay(later_on)


NAMELESS = replace(record_of(image_submitted()), value=b"{}")


async def test_a_record_that_names_no_request_goes_back_as_it_was(
    bench: Bench, replayer: Replayer
) -> None:
    waited = placed(later(NAMELESS, delay_s=0, rounds=1))
    assert await replayer.replay(letter_of(waited)) is None
    (back,) = bench.log.in_order
    assert (back.topic, back.key, back.value) == (NAMELESS.topic, NAMELESS.key, b"{}")
    kept = tuple(one for one in NAMELESS.headers if one[0] != "traceparent")
    assert back.headers[:-1] == (*kept, (REPLAYS, b"1"))
    here, then = trace_in(back), trace_in(NAMELESS)
    assert here is not None
    assert then is not None
    assert here.trace_id != then.trace_id


async def test_a_request_without_a_row_goes_back_as_it_was(
    bench: Bench, replayer: Replayer
) -> None:
    record = record_of(image_submitted())
    assert await replayer.replay(letter_of(record)) is None
    (back,) = bench.log.in_order
    assert (back.topic, back.value) == (record.topic, record.value)


async def test_it_goes_back_three_times_and_no_more(bench: Bench, replayer: Replayer) -> None:
    record = NAMELESS
    for number in (1, 2, 3):
        await replayer.replay(letter_of(record))
        record = bench.written(NAMELESS.topic)[-1]
        assert record.header(REPLAYS) == str(number)
    with pytest.raises(ReplayRefusedError, match="3 times already"):
        await replayer.replay(letter_of(record))
    assert len(bench.log.in_order) == 3


async def test_what_its_topic_does_not_take_is_refused(bench: Bench, replayer: Replayer) -> None:
    bench.publisher.too_large.add(NAMELESS.topic)
    with pytest.raises(ReplayRefusedError, match="image-submitted does not take it"):
        await replayer.replay(letter_of(NAMELESS))


async def parked(bench: Bench, record: Record) -> DeadLetter:
    """As the guard sets aside what no dead-letter topic takes."""
    await bench.refusals.write(record, REFUSAL, FailureCode.INVALID_EVENT)
    letter = bench.written(f"{record.topic}-dlq")[-1]
    assert letter.header("dlq-object-key") is not None
    return to_letter(letter)


async def test_what_was_parked_comes_back_from_the_bucket(bench: Bench, replayer: Replayer) -> None:
    big = replace(NAMELESS, value=b"x" * 2_500_000)
    letter = await parked(bench, big)
    with pytest.raises(ReplayRefusedError, match="image-submitted does not take it"):
        await replayer.replay(letter)
    fussy = replace(NAMELESS, headers=(*NAMELESS.headers, ("x", b"x" * 2_500_000)))
    await replayer.replay(await parked(bench, fussy))
    assert bench.written(NAMELESS.topic)[-1].value == b"{}"


async def test_what_is_not_in_the_bucket_any_more_is_refused(
    bench: Bench, replayer: Replayer
) -> None:
    letter = await parked(bench, replace(NAMELESS, value=b"x" * 2_500_000))
    bench.images.is_down = True
    with pytest.raises(StoreUnavailableError):
        await replayer.replay(letter)
    bench.images.is_down = False
    await bench.images.delete(letter.about("object-key"))
    with pytest.raises(ReplayRefusedError, match="cannot be had"):
        await replayer.replay(letter)


async def test_a_batch_that_cannot_be_read_is_refused(bench: Bench, replayer: Replayer) -> None:
    batch = UnreadableBatch.of(b"no records", first_offset=0, detail="no records")
    letter = letter_of(replace(NAMELESS, value=batch, headers=()))
    with pytest.raises(ReplayRefusedError, match="batch cannot be read"):
        await replayer.replay(letter)
    assert not bench.log.in_order


@pytest.mark.parametrize(
    ("make", "outcome"), [(image_analyzed, Completed), (analysis_failed, Failed)]
)
async def test_a_refused_outcome_is_recorded_and_told_to_nobody_again(
    bench: Bench, replayer: Replayer, make: Callable[..., RequestEvent], outcome: type
) -> None:
    request = image_submitted()
    await bench.analyses.accept(request)
    letter = letter_of(record_of(make(request_id=request.request_id)))
    for _ in range(2):
        assert await replayer.replay(letter) == request.request_id
    assert isinstance((await known(bench, request.request_id)).outcome, outcome)
    assert not bench.log.in_order


async def test_an_outcome_that_cannot_be_read_is_refused_again(
    bench: Bench, replayer: Replayer
) -> None:
    letter = letter_of(replace(record_of(image_analyzed()), value=b"{}"))
    with pytest.raises(InvalidMessageError) as refused:
        await replayer.replay(letter)
    assert reason_of(refused.value).startswith("it would be refused again: body_invalid: ")
    assert reason_of(ReplayRefusedError("it has a result")) == "it has a result"
    assert not bench.log.in_order


def of_inbox(event: InboxEvent, reason: str, tenant_id: str = "") -> DeadLetter:
    return letter_of(inbox_record(event), Refusal(reason, "", "admitter", 1, tenant_id=tenant_id))


async def test_a_stranger_s_request_is_admitted_under_its_own_id(
    bench: Bench, replayer: Replayer, inbox: Admission
) -> None:
    event = brought(lane="bulk")
    letter = of_inbox(event, "object_missing", "acme")
    with pytest.raises(InvalidMessageError, match="object_missing"):
        await replayer.replay(letter)
    await inbox.put(event)
    assert await replayer.replay(letter) == event.request_id
    row = await known(bench, event.request_id)
    assert (row.lane, row.replay_of) == ("bulk", None)
    assert [record.topic for record in bench.log.in_order] == ["image-submitted-bulk"]
    assert all(record.header("authorization") is None for record in bench.log.in_order)
    assert await replayer.replay(letter) == event.request_id
    assert await bench.analyses.count_unfinished(10) == 1


async def test_nobody_vouches_for_a_credential_that_was_not_good_but_the_operator(
    bench: Bench, replayer: Replayer
) -> None:
    event = asked()
    letter = of_inbox(event, "credential_invalid")
    with pytest.raises(ReplayRefusedError, match="name the tenant"):
        await replayer.replay(letter)
    assert not bench.log.in_order
    with pytest.raises(InvalidMessageError, match="key_mismatch"):
        await replayer.replay(letter, tenant_id="globex")
    assert await replayer.replay(letter, tenant_id="acme") == event.request_id
    found = await bench.analyses.find("acme", event.request_id)
    assert found is not None
    assert isinstance(found.request, ImageRequested)


async def test_a_tenant_in_the_record_s_own_words_vouches_for_nothing(
    replayer: Replayer,
) -> None:
    record = inbox_record(asked(), headers={"ce_tenantid": "acme", "dlq-tenantid": "acme"})
    letter = letter_of(record, Refusal("credential_invalid", "", "admitter", 1))
    with pytest.raises(ReplayRefusedError, match="name the tenant"):
        await replayer.replay(letter)
