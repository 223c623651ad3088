"""A stranger's record becomes a request like one that came by HTTP, once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from schemas.events import ImageRequested, ImageSubmitted, InboxEvent
from schemas.options import AnalysisOptions
from storage.errors import StoreUnavailableError
from storage.ports import Analysis, Pending
from tests.support.events import TRACEPARENT, image_analyzed, image_requested
from tests.unit.processors.admission import (
    LIMITS,
    SECRETS,
    admission,
    asked,
    brought,
    inbox_record,
)
from tests.unit.processors.bench import NOW, Bench, BreakableAnalyses
from topics.catalog import topic_named
from topics.codec import Envelope, decode
from topics.errors import InvalidMessageError, LogUnavailableError

HOUR = timedelta(hours=1)


async def row_of(bench: Bench, event: InboxEvent, tenant_id: str = "acme") -> Analysis:
    found = await bench.analyses.find(tenant_id, event.request_id)
    assert found is not None
    return found


@pytest.mark.parametrize("lane", ["interactive", "bulk"])
async def test_an_address_has_its_row_and_is_announced_in_its_lane(bench: Bench, lane: str) -> None:
    inbox = await admission(bench)
    event = asked(lane=lane, options=AnalysisOptions(max_objects=3))
    await inbox.take(inbox_record(event))

    request = ImageRequested(
        request_id=event.request_id, tenant_id="acme", accepted_at=NOW, deadline_at=NOW + HOUR,
        image_url=event.image_url, options=event.options,
    )  # fmt: skip
    assert await row_of(bench, event) == Analysis(request, Pending(), lane=event.lane)
    (record,) = inbox.announced()
    assert record.topic == {"bulk": "image-requested-bulk"}.get(lane, "image-requested")
    envelope = decode(record, topic_named(record.topic))
    assert (envelope.event, envelope.traceparent) == (request, TRACEPARENT)
    assert bench.count("analyzer_requests_accepted_total", door="inbox") == 1


@pytest.mark.parametrize("lane", ["interactive", "bulk"])
async def test_an_object_has_its_row_and_is_announced_in_its_lane(bench: Bench, lane: str) -> None:
    inbox = await admission(bench)
    event = brought(lane=lane, deadline_at=NOW + 2 * HOUR)
    await inbox.put(event)
    await inbox.take(inbox_record(event))

    request = ImageSubmitted(
        request_id=event.request_id, tenant_id="acme", accepted_at=NOW, deadline_at=NOW + 2 * HOUR,
        object_key=event.object_key, sha256=event.sha256, size_bytes=event.size_bytes,
        content_type="image/jpeg", options=event.options,
    )  # fmt: skip
    assert await row_of(bench, event) == Analysis(request, Pending(), lane=event.lane)
    (record,) = inbox.announced()
    assert record.topic == {"bulk": "image-submitted-bulk"}.get(lane, "image-submitted")
    assert decode(record, topic_named(record.topic)).event == request


async def test_the_credential_goes_no_further(bench: Bench) -> None:
    inbox = await admission(bench)
    event = brought()
    await inbox.put(event)
    await inbox.take(inbox_record(event))
    await inbox.take(inbox_record(asked()))
    assert len(bench.log.in_order) == 2
    for record in bench.log.in_order:
        assert record.header("authorization") is None
        assert SECRETS["acme"].encode() not in repr(record).encode()


async def test_nobody_else_s_tenant_is_to_be_had_by_words(bench: Bench) -> None:
    """Whose it is says the credential; key and headers may be left out."""
    inbox = await admission(bench)
    event = asked()
    record = inbox_record(event, headers={"ce_subject": None})
    await inbox.take(replace(record, key=None))
    assert (await row_of(bench, event)).request.tenant_id == "acme"


async def test_a_deadline_of_exactly_a_day_is_taken_and_one_that_passed_too(bench: Bench) -> None:
    inbox = await admission(bench)
    for deadline_at in (NOW + LIMITS.deadline_most, NOW - HOUR):
        event = asked(deadline_at=deadline_at)
        await inbox.take(inbox_record(event))
        assert (await row_of(bench, event)).request.deadline_at == deadline_at


async def test_private_networks_are_reached_where_the_operator_allows_it(bench: Bench) -> None:
    inbox = await admission(bench)
    event = asked(image_url="http://10.1.2.3/a.jpg")
    await inbox.take(inbox_record(event))
    assert len(inbox.announced()) == 1


async def test_a_repeat_is_announced_again_while_it_has_no_outcome(bench: Bench) -> None:
    inbox = await admission(bench)
    event = brought(lane="bulk")
    await inbox.put(event)
    record = inbox_record(event)
    await inbox.take(record)
    before = await row_of(bench, event)
    bench.now += HOUR
    await inbox.take(record)
    assert await row_of(bench, event) == before
    first, second = inbox.announced()
    assert (first.topic, first.value) == (second.topic, second.value)
    assert first.header("ce_id") == second.header("ce_id")
    assert bench.count("analyzer_requests_accepted_total", door="inbox") == 1

    await bench.analyses.record([image_analyzed(request_id=event.request_id)])
    await inbox.take(record)
    assert len(inbox.announced()) == 2


async def test_a_repeat_in_another_lane_stays_in_the_first(bench: Bench) -> None:
    inbox = await admission(bench)
    event = asked(lane="bulk")
    await inbox.take(inbox_record(event))
    await inbox.take(inbox_record(event.model_copy(update={"lane": "interactive"})))
    assert {record.topic for record in inbox.announced()} == {"image-requested-bulk"}


@pytest.mark.parametrize(
    "change",
    [
        {"options": AnalysisOptions(max_objects=1)},
        {"deadline_at": NOW + 3 * HOUR},
        {"image_url": "https://pictures.example/another.jpg"},
    ],
    ids=["options", "deadline", "address"],
)
async def test_an_id_that_names_another_request_is_taken(
    bench: Bench, change: dict[str, object]
) -> None:
    inbox = await admission(bench)
    event = asked()
    await inbox.take(inbox_record(event))
    before = await row_of(bench, event)
    with pytest.raises(InvalidMessageError, match="request_id_taken") as refused:
        await inbox.take(inbox_record(event.model_copy(update=change)))
    assert refused.value.tenant_id == "acme"
    assert await row_of(bench, event) == before
    assert len(inbox.announced()) == 1
    assert not bench.failures(), "the request that has the id is at work"
    assert inbox.refused("key-of-acme", "request_id_taken") == 1


async def test_an_address_cannot_take_the_id_of_an_object(bench: Bench) -> None:
    inbox = await admission(bench)
    event = brought()
    await inbox.put(event)
    await inbox.take(inbox_record(event))
    with pytest.raises(InvalidMessageError, match="request_id_taken"):
        await inbox.take(inbox_record(asked(request_id=event.request_id)))


async def test_the_same_id_of_two_tenants_is_two_requests(bench: Bench) -> None:
    inbox = await admission(bench)
    mine = asked()
    await inbox.take(inbox_record(mine, "acme"))
    await inbox.take(inbox_record(mine, "globex"))
    assert (await row_of(bench, mine, "globex")).request.tenant_id == "globex"
    assert len(inbox.announced()) == 2


async def test_an_object_that_was_replaced_later_changes_nothing_here(bench: Bench) -> None:
    """The detector compares the bytes again, and ends it as `integrity_mismatch`."""
    inbox = await admission(bench)
    event = brought()
    await inbox.put(event)
    await inbox.take(inbox_record(event))
    await inbox.put(event, b"\xff\xd8\xff\xe0 something else")
    await inbox.take(inbox_record(event))
    assert len(inbox.announced()) == 2
    assert not bench.failures()


async def test_a_full_backlog_holds_what_is_new_and_lets_repeats_pass(bench: Bench) -> None:
    inbox = await admission(bench, max_unfinished=3)  # nine tenths of it are the inboxes'
    first, second, third = asked(), asked(), asked()
    await inbox.take(inbox_record(first))
    await inbox.take(inbox_record(second))
    with pytest.raises(StoreUnavailableError) as held:
        await inbox.take(inbox_record(third))
    assert held.value.dependency == "backlog"
    await inbox.take(inbox_record(first))
    assert len(inbox.announced()) == 3
    assert await bench.analyses.find("acme", third.request_id) is None


async def test_what_others_left_unfinished_fills_the_backlog_too(bench: Bench) -> None:
    await bench.analyses.accept(image_requested())
    inbox = await admission(bench, max_unfinished=1)
    with pytest.raises(StoreUnavailableError):
        await inbox.take(inbox_record(asked()))


async def test_outages_are_left_to_the_guard_and_nothing_is_done_twice(bench: Bench) -> None:
    inbox = await admission(bench)
    event = brought()
    await inbox.put(event)
    record = inbox_record(event)
    for store in (bench.images, bench.analyses):
        store.is_down = True
        with pytest.raises(StoreUnavailableError):
            await inbox.take(record)
        store.is_down = False
    assert not bench.log.in_order
    assert await bench.analyses.count_unfinished(10) == 0
    bench.log.is_down = True
    with pytest.raises(LogUnavailableError):
        await inbox.take(record)
    assert await bench.analyses.count_unfinished(10) == 1
    bench.log.is_down = False
    await inbox.take(record)
    assert len(inbox.announced()) == 1
    assert not bench.failures()


async def test_an_event_of_another_class_is_a_fault_of_our_own(bench: Bench) -> None:
    inbox = await admission(bench)
    for event in (image_requested(), asked()):
        with pytest.raises(TypeError, match="expected an inbox event"):
            await inbox.admit(Envelope(event, "an-id", None))


class SlowAnalyses(BreakableAnalyses):
    """Others are served between what it found and its answer."""

    async def find(self, tenant_id: str, request_id: UUID) -> Analysis | None:
        found = await super().find(tenant_id, request_id)
        await asyncio.sleep(0)
        return found


async def test_of_two_records_with_one_id_worked_at_once_the_first_stands() -> None:
    bench = Bench(analyses=SlowAnalyses())
    inbox = await admission(bench)
    one = asked()
    other = one.model_copy(update={"options": AnalysisOptions(max_objects=1)})
    answers = await asyncio.gather(
        inbox.take(inbox_record(one)), inbox.take(inbox_record(other)), return_exceptions=True
    )
    [refused] = [answer for answer in answers if isinstance(answer, InvalidMessageError)]
    assert refused.reason == "request_id_taken"
    (record,) = inbox.announced()
    assert record.value == (await row_of(bench, one)).request.to_json()
    assert not bench.failures()


async def test_the_inboxes_leave_a_tenth_of_the_backlog_to_the_api(bench: Bench) -> None:
    inbox = await admission(bench, max_unfinished=10)
    for _ in range(9):
        await inbox.take(inbox_record(asked()))
    with pytest.raises(StoreUnavailableError, match="9 analyses are unfinished"):
        await inbox.take(inbox_record(asked()))
