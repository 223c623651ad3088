"""The contract of AnalysisStore: that somebody asked to end a request, and who was told of it."""

from datetime import datetime, timedelta
from uuid import uuid4

from storage.ports import AnalysisStore, Cancellation, Request
from tests.contract.storage.examples import (
    NOON,
    SECOND,
    analyzed,
    failed,
    upload_request,
    url_request,
)

LATER = NOON + timedelta(hours=1)


def cancel_of(request: Request, at: datetime) -> Cancellation:
    return Cancellation(request.tenant_id, request.request_id, at)


async def cancelled(store: AnalysisStore, at: datetime, tenant_id: str = "acme") -> Cancellation:
    """A request that somebody asked to end at that moment."""
    request = url_request(tenant_id)
    await store.accept(request)
    await store.request_cancel(tenant_id, request.request_id, at)
    return cancel_of(request, at)


async def moment_of(store: AnalysisStore, request: Request) -> datetime | None:
    found = await store.find(request.tenant_id, request.request_id)
    assert found is not None
    return found.cancel_requested_at


async def test_the_first_moment_stays(analyses: AnalysisStore) -> None:
    request = upload_request()
    await analyses.accept(request)
    assert await moment_of(analyses, request) is None
    for at in (NOON + SECOND, NOON, NOON + 2 * SECOND):
        await analyses.request_cancel("acme", request.request_id, at)
    assert await moment_of(analyses, request) == NOON + SECOND
    await analyses.accept(request)
    assert await moment_of(analyses, request) == NOON + SECOND


async def test_what_has_ended_is_not_changed(analyses: AnalysisStore) -> None:
    requests: list[Request] = [url_request(), upload_request()]
    for request in requests:
        await analyses.accept(request)
    await analyses.record([analyzed(requests[0]), failed(requests[1])])
    before = [await analyses.find("acme", each.request_id) for each in requests]
    for request in requests:
        await analyses.request_cancel("acme", request.request_id, NOON)
    assert [await analyses.find("acme", each.request_id) for each in requests] == before
    assert await analyses.find_unannounced_cancels(LATER, LATER, 10) == []


async def test_the_moment_is_kept_with_the_outcome(analyses: AnalysisStore) -> None:
    request = url_request()
    await analyses.accept(request)
    await analyses.request_cancel("acme", request.request_id, NOON)
    await analyses.record([analyzed(request)])
    assert await moment_of(analyses, request) == NOON


async def test_an_unknown_request_and_another_tenants_are_ignored(analyses: AnalysisStore) -> None:
    request = url_request("globex")
    await analyses.accept(request)
    await analyses.request_cancel("acme", request.request_id, NOON)
    await analyses.request_cancel("acme", uuid4(), NOON)
    assert await moment_of(analyses, request) is None
    assert await analyses.find_unannounced_cancels(LATER, LATER, 10) == []


async def test_what_was_never_told_is_due_once_it_is_old_enough(analyses: AnalysisStore) -> None:
    one = await cancelled(analyses, NOON)
    assert await analyses.find_unannounced_cancels(LATER, NOON, 10) == []
    assert await analyses.find_unannounced_cancels(NOON, NOON + SECOND, 10) == [one]


async def test_what_was_told_is_due_once_that_is_old_enough(analyses: AnalysisStore) -> None:
    one = await cancelled(analyses, NOON)
    await analyses.mark_cancels_announced([one], NOON + 5 * SECOND)
    assert await analyses.find_unannounced_cancels(NOON + 5 * SECOND, LATER, 10) == []
    assert await analyses.find_unannounced_cancels(NOON + 6 * SECOND, NOON, 10) == [one]
    await analyses.mark_cancels_announced([one], NOON + 10 * SECOND)
    assert await analyses.find_unannounced_cancels(NOON + 10 * SECOND, LATER, 10) == []
    await analyses.mark_cancels_announced([], LATER)


async def test_the_oldest_come_first_and_no_more_than_asked(analyses: AnalysisStore) -> None:
    moments = [NOON + number * SECOND for number in (2, 0, 1)]
    third, first, second = [await cancelled(analyses, at, "globex") for at in moments]
    assert await analyses.find_unannounced_cancels(NOON, LATER, 10) == [first, second, third]
    assert await analyses.find_unannounced_cancels(NOON, LATER, 2) == [first, second]
    await analyses.mark_cancels_announced([first, third], LATER)
    assert await analyses.find_unannounced_cancels(NOON, LATER, 10) == [second]


async def test_what_has_ended_meanwhile_is_not_due(analyses: AnalysisStore) -> None:
    request = url_request()
    await analyses.accept(request)
    await analyses.request_cancel("acme", request.request_id, NOON)
    assert await analyses.find_unannounced_cancels(LATER, LATER, 10) == [cancel_of(request, NOON)]
    await analyses.record([failed(request)])
    assert await analyses.find_unannounced_cancels(LATER, LATER, 10) == []


async def test_telling_of_a_cancel_says_nothing_of_the_request(analyses: AnalysisStore) -> None:
    one = await cancelled(analyses, NOON)
    await analyses.mark_cancels_announced([one], LATER)
    [due] = await analyses.find_unannounced(NOON + SECOND, 10)
    assert due.request.request_id == one.request_id
