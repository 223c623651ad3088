"""The contract of AnalysisStore: a failed request is accepted again under a new id, once."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from schemas.events import Lane
from schemas.failures import FailureCode
from schemas.options import AnalysisOptions
from storage.errors import NotFoundError
from storage.ports import (
    Analysis,
    AnalysisStore,
    Pending,
    ReplayRefusedError,
    Request,
    Unannounced,
)
from tests.contract.storage.examples import NOON, SECOND, analyzed, failed, upload_request
from tests.contract.storage.examples import url_request as plain_url_request

AGAIN_AT = NOON + timedelta(days=1)
DEADLINE_AT = AGAIN_AT + timedelta(hours=2)


def url_request(tenant_id: str = "acme") -> Request:
    return plain_url_request(tenant_id, options=AnalysisOptions(max_objects=7, labels=("dog",)))


async def failed_one(store: AnalysisStore, request: Request, lane: Lane = "interactive") -> Request:
    await store.accept(request, lane=lane)
    await store.record([failed(request)])
    return request


async def replay(store: AnalysisStore, request: Request, as_id: UUID | None = None) -> Unannounced:
    return await store.accept_replay(
        request.tenant_id, request.request_id,
        as_id=as_id or uuid4(), at=AGAIN_AT, deadline_at=DEADLINE_AT,
    )  # fmt: skip


async def known(store: AnalysisStore, request_id: UUID, tenant_id: str = "acme") -> Analysis:
    found = await store.find(tenant_id, request_id)
    assert found is not None
    return found


@pytest.mark.parametrize("lane", ["interactive", "bulk"])
@pytest.mark.parametrize("request_", [url_request(), upload_request()], ids=["url", "upload"])
async def test_it_asks_for_the_same_under_a_new_id_and_both_name_each_other(
    analyses: AnalysisStore, request_: Request, lane: Lane
) -> None:
    await failed_one(analyses, request_, lane)
    before = await known(analyses, request_.request_id)
    new_id = uuid4()
    made = await replay(analyses, request_, new_id)

    changed = {"request_id": new_id, "accepted_at": AGAIN_AT, "deadline_at": DEADLINE_AT}
    again = request_.model_copy(update=changed)
    assert made == Unannounced(again, lane)
    assert await known(analyses, new_id) == Analysis(
        again, Pending(), lane=lane, replay_of=request_.request_id, replay_number=1
    )
    old = await known(analyses, request_.request_id)
    assert (old.replayed_as, old.outcome, old.request) == (new_id, before.outcome, request_)
    assert await analyses.find_unannounced(AGAIN_AT + SECOND, 10) == [made]


@pytest.mark.parametrize(
    "code", [FailureCode.CANCELLED, FailureCode.DEADLINE_EXCEEDED, FailureCode.INTERNAL_ERROR]
)
async def test_whatever_ended_without_a_result_may_be_replayed(
    analyses: AnalysisStore, code: FailureCode
) -> None:
    request = url_request()
    await analyses.accept(request)
    await analyses.request_cancel("acme", request.request_id, NOON)
    await analyses.record([failed(request, code)])
    new_id = uuid4()
    await replay(analyses, request, new_id)
    assert (await known(analyses, new_id)).cancel_requested_at is None


async def test_a_second_replay_of_the_same_is_refused(analyses: AnalysisStore) -> None:
    request = await failed_one(analyses, url_request())
    first, second = uuid4(), uuid4()
    await replay(analyses, request, first)
    with pytest.raises(ReplayRefusedError, match=f"replayed already, as {first}"):
        await replay(analyses, request, second)
    assert await analyses.find("acme", second) is None
    assert (await known(analyses, request.request_id)).replayed_as == first


async def test_a_repeat_of_the_same_replay_is_answered_alike(analyses: AnalysisStore) -> None:
    request = await failed_one(analyses, url_request())
    new_id = uuid4()
    made = await replay(analyses, request, new_id)
    assert await replay(analyses, request, new_id) == made
    assert await analyses.count_unfinished(10) == 1


async def test_the_third_replay_is_the_last(analyses: AnalysisStore) -> None:
    request = await failed_one(analyses, url_request())
    for number in (1, 2, 3):
        made = await replay(analyses, request)
        assert (await known(analyses, made.request.request_id)).replay_number == number
        request = made.request
        await analyses.record([failed(request)])
    with pytest.raises(ReplayRefusedError, match="replay 3 of the same request"):
        await replay(analyses, request)
    assert await analyses.count_unfinished(10) == 0
    assert (await known(analyses, request.request_id)).replayed_as is None


async def test_what_has_no_outcome_or_a_result_is_refused(analyses: AnalysisStore) -> None:
    pending, completed = url_request(), upload_request()
    await analyses.accept(pending)
    await analyses.accept(completed)
    await analyses.record([analyzed(completed)])
    with pytest.raises(ReplayRefusedError, match="it has no outcome yet"):
        await replay(analyses, pending)
    with pytest.raises(ReplayRefusedError, match="it has a result"):
        await replay(analyses, completed)
    assert await analyses.count_unfinished(10) == 1


async def test_an_unknown_request_and_another_tenants_are_not_found(
    analyses: AnalysisStore,
) -> None:
    theirs = await failed_one(analyses, url_request("globex"))
    for request in (url_request(), theirs.model_copy(update={"tenant_id": "acme"})):
        with pytest.raises(NotFoundError, match=str(request.request_id)):
            await replay(analyses, request)
    assert (await known(analyses, theirs.request_id, "globex")).replayed_as is None


async def test_of_many_at_once_exactly_one_replays(
    analyses: AnalysisStore, other_analyses: AnalysisStore
) -> None:
    request = await failed_one(analyses, url_request())
    ids = [uuid4() for _ in range(10)]
    answers = await asyncio.gather(
        *(
            replay(analyses if number % 2 else other_analyses, request, new_id)
            for number, new_id in enumerate(ids)
        ),
        return_exceptions=True,
    )
    [made] = [answer for answer in answers if isinstance(answer, Unannounced)]
    refused = [answer for answer in answers if isinstance(answer, ReplayRefusedError)]
    assert len(refused) == 9
    assert [each for each in ids if await analyses.find("acme", each)] == [made.request.request_id]
    assert (await known(analyses, request.request_id)).replayed_as == made.request.request_id


async def test_a_late_result_of_the_old_one_leaves_the_new_one_at_work(
    analyses: AnalysisStore,
) -> None:
    request = await failed_one(analyses, url_request())
    new_id = uuid4()
    await replay(analyses, request, new_id)
    await analyses.record([analyzed(request)])
    old = await known(analyses, request.request_id)
    assert (old.replayed_as, type(old.outcome).__name__) == (new_id, "Completed")
    assert (await known(analyses, new_id)).outcome == Pending()
