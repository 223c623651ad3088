"""The contract of AnalysisStore: a producer that was refused may send the same id again."""

from itertools import permutations

from schemas.events import AnalysisFailed
from schemas.failures import FailureCode
from storage.ports import AnalysisStore, Completed, Failed, Outcome, Pending, Request
from storage.settling import Fact
from tests.contract.storage.examples import NOON, SECOND, analyzed, failed, url_request


def refused_before(request: Request) -> AnalysisFailed:
    """What was told of an earlier request with that id, which never had a row."""
    fact = failed(request, FailureCode.INVALID_EVENT)
    return fact.model_copy(update={"accepted_at": NOON - SECOND})


async def accepted(store: AnalysisStore) -> Request:
    request = url_request()
    await store.accept(request)
    return request


async def outcome_of(store: AnalysisStore, request: Request) -> Outcome:
    found = await store.find(request.tenant_id, request.request_id)
    assert found is not None
    return found.outcome


async def test_the_failure_of_the_refused_one_is_not_that_of_the_accepted_one(
    analyses: AnalysisStore,
) -> None:
    request = await accepted(analyses)
    await analyses.record([refused_before(request)])
    assert await outcome_of(analyses, request) == Pending()
    await analyses.record([analyzed(request)])
    assert isinstance(await outcome_of(analyses, request), Completed)


async def test_a_failure_of_its_own_stands_whatever_comes_with_it(
    analyses: AnalysisStore,
) -> None:
    """Both may come in one batch."""
    for order in permutations(range(3)):
        request = await accepted(analyses)
        own = failed(request, FailureCode.FETCH_FAILED)
        facts: list[Fact] = [refused_before(request), own, failed(request, FailureCode.CANCELLED)]
        first_own = next(place for place in order if place != 0)
        await analyses.record([facts[place] for place in order])
        outcome = await outcome_of(analyses, request)
        assert isinstance(outcome, Failed)
        assert outcome.code is (own.code, FailureCode.CANCELLED)[first_own - 1]


async def test_a_result_stands_whatever_it_says_of_its_acceptance(analyses: AnalysisStore) -> None:
    request = await accepted(analyses)
    early = analyzed(request).model_copy(update={"accepted_at": NOON - SECOND})
    await analyses.record([early])
    assert isinstance(await outcome_of(analyses, request), Completed)
