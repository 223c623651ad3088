"""The contract of AnalysisStore: acceptance, outcomes and reading back."""

import asyncio
from datetime import UTC, datetime
from itertools import permutations
from uuid import uuid4

import pytest

from schemas.failures import FailureCode
from storage.ports import Analysis, AnalysisStore, Completed, Failed, Pending, Request
from storage.settling import Fact, kept_as
from tests.contract.storage.examples import analyzed, failed, result_of, upload_request, url_request


async def outcome_of(store: AnalysisStore, request: Request) -> Completed | Failed | Pending:
    found = await store.find(request.tenant_id, request.request_id)
    assert found is not None
    assert found.request == kept_as(request, found.outcome)
    return found.outcome


@pytest.mark.parametrize("request_", [url_request(), upload_request()], ids=["url", "upload"])
async def test_what_was_accepted_is_found_as_it_was(
    analyses: AnalysisStore, request_: Request
) -> None:
    await analyses.accept(request_)
    found = await analyses.find(request_.tenant_id, request_.request_id)
    assert found == Analysis(request_, Pending())


async def test_what_was_never_accepted_is_none(analyses: AnalysisStore) -> None:
    assert await analyses.find("acme", uuid4()) is None


async def test_the_same_id_of_two_tenants_is_two_requests(analyses: AnalysisStore) -> None:
    mine = url_request("acme")
    theirs = upload_request("globex", request_id=mine.request_id)
    await analyses.accept(mine)
    await analyses.accept(theirs)
    await analyses.record([analyzed(mine)])
    assert isinstance(await outcome_of(analyses, mine), Completed)
    assert await outcome_of(analyses, theirs) == Pending()
    assert await analyses.find("initech", mine.request_id) is None


async def test_many_accept_the_same_id_at_once_and_one_stands(analyses: AnalysisStore) -> None:
    first = url_request()
    others = [first.model_copy(update={"image_url": f"https://x.org/{n}"}) for n in range(20)]
    await asyncio.gather(*(analyses.accept(each) for each in others))
    assert await analyses.count_unfinished(100) == 1
    found = await analyses.find(first.tenant_id, first.request_id)
    assert found is not None
    assert found.request in others


async def test_accepting_again_what_has_ended_changes_nothing(analyses: AnalysisStore) -> None:
    request = upload_request()
    await analyses.accept(request)
    await analyses.record([analyzed(request)])
    before = await analyses.find(request.tenant_id, request.request_id)
    await analyses.accept(request)
    assert await analyses.find(request.tenant_id, request.request_id) == before


async def test_a_result_comes_back_as_it_went_in(analyses: AnalysisStore) -> None:
    request = upload_request()
    await analyses.accept(request)
    await analyses.record([analyzed(request)])
    outcome = await outcome_of(analyses, request)
    assert isinstance(outcome, Completed)
    assert outcome.result == result_of(request.request_id)
    assert outcome.finished_at.tzinfo is UTC
    assert abs((datetime.now(UTC) - outcome.finished_at).total_seconds()) < 60


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (FailureCode.CANCELLED, "cancelled"),
        (FailureCode.DEADLINE_EXCEEDED, "expired"),
        (FailureCode.FETCH_FAILED, "failed"),
        (FailureCode.INTERNAL_ERROR, "failed"),
    ],
)
async def test_a_failure_has_the_state_of_its_code(
    analyses: AnalysisStore, code: FailureCode, state: str
) -> None:
    request = url_request()
    await analyses.accept(request)
    await analyses.record([failed(request, code)])
    outcome = await outcome_of(analyses, request)
    assert isinstance(outcome, Failed)
    assert (outcome.state, outcome.code) == (state, code)
    told = (outcome.message, outcome.retryable, outcome.attempts)
    assert told == ("the server said 500", True, 3)


async def test_a_result_beats_a_failure_whatever_the_order(analyses: AnalysisStore) -> None:
    early, late = url_request(), url_request()
    await analyses.accept(early)
    await analyses.accept(late)
    for fact in (analyzed(early), failed(early), failed(late), analyzed(late)):
        await analyses.record([fact])
    for request in (early, late):
        assert isinstance(await outcome_of(analyses, request), Completed)


async def test_within_a_batch_a_result_beats_a_failure(analyses: AnalysisStore) -> None:
    for places in permutations(range(3)):
        request = url_request()
        facts: list[Fact] = [analyzed(request), failed(request)]
        facts.append(failed(request, FailureCode.CANCELLED))
        await analyses.accept(request)
        await analyses.record([facts[place] for place in places])
        assert isinstance(await outcome_of(analyses, request), Completed)


async def test_the_first_of_equals_stands(analyses: AnalysisStore) -> None:
    request, other = url_request(), upload_request()
    await analyses.accept(request)
    await analyses.accept(other)
    await analyses.record([failed(request, FailureCode.CANCELLED), failed(request)])
    await analyses.record([failed(request, FailureCode.INTERNAL_ERROR)])
    await analyses.record([analyzed(other, name="cat"), analyzed(other)])
    await analyses.record([analyzed(other, name="horse")])
    failure, completed = await outcome_of(analyses, request), await outcome_of(analyses, other)
    assert isinstance(failure, Failed)
    assert failure.code is FailureCode.CANCELLED
    assert isinstance(completed, Completed)
    assert completed.result == result_of(other.request_id, name="cat")


async def test_replaying_everything_changes_nothing(analyses: AnalysisStore) -> None:
    requests = [url_request() for _ in range(5)] + [upload_request() for _ in range(5)]
    facts = [analyzed(each) for each in requests[:7]] + [failed(each) for each in requests[4:9]]
    for request in requests:
        await analyses.accept(request)
    await analyses.record(facts)
    before = [await analyses.find(each.tenant_id, each.request_id) for each in requests]
    await analyses.record(facts)
    await analyses.record(facts[::-1])
    for fact in facts:
        await analyses.record([fact])
    after = [await analyses.find(each.tenant_id, each.request_id) for each in requests]
    assert after == before


async def test_a_fact_without_a_row_is_dropped(analyses: AnalysisStore) -> None:
    unknown, known = url_request(), url_request()
    await analyses.accept(known)
    await analyses.record([analyzed(unknown), analyzed(known)])
    await analyses.record([])
    assert await analyses.find(unknown.tenant_id, unknown.request_id) is None
    assert isinstance(await outcome_of(analyses, known), Completed)


async def test_batches_recorded_at_once_agree(
    analyses: AnalysisStore, other_analyses: AnalysisStore
) -> None:
    requests = [url_request() for _ in range(30)]
    for request in requests:
        await analyses.accept(request)
    results, failures = [analyzed(each) for each in requests], [failed(each) for each in requests]
    await asyncio.gather(
        *(analyses.record(results) for _ in range(3)),
        *(other_analyses.record(failures[::-1]) for _ in range(3)),
    )
    for request in requests:
        assert isinstance(await outcome_of(analyses, request), Completed)


async def test_the_character_that_postgres_cannot_hold_is_replaced(
    analyses: AnalysisStore,
) -> None:
    request, other = url_request(), upload_request()
    await analyses.accept(request)
    await analyses.accept(other)
    await analyses.record([failed(request, message="a\0b"), analyzed(other, name="dog")])
    outcome = await outcome_of(analyses, request)
    assert isinstance(outcome, Failed)
    assert outcome.message == "a\N{REPLACEMENT CHARACTER}b"


async def test_a_store_that_is_there_is_well(analyses: AnalysisStore) -> None:
    await analyses.check()
    await analyses.aclose()


async def test_the_query_of_an_address_goes_when_it_gave_its_picture(
    analyses: AnalysisStore,
) -> None:
    signed = url_request(image_url="https://x.org/a%20b.jpg?X-Amz-Signature=s3cr3t?&x=1")
    failing = url_request(image_url="https://x.org/b.jpg?sig=s3cr3t")
    for request in (signed, failing):
        await analyses.accept(request)
        await analyses.record([failed(request)])
        found = await analyses.find(request.tenant_id, request.request_id)
        assert found is not None
        assert found.request == request, "it may be asked for again"
    await analyses.record([analyzed(signed)])
    for _ in range(2):
        found = await analyses.find(signed.tenant_id, signed.request_id)
        assert found is not None
        assert getattr(found.request, "image_url", None) == "https://x.org/a%20b.jpg"
        await analyses.record([analyzed(signed)])
