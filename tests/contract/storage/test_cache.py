"""The contract of ResultCache."""

from uuid import uuid4

from storage.ports import Analysis, Pending, ResultCache
from tests.contract.storage.examples import (
    completed_analysis,
    failed_analysis,
    upload_request,
    url_request,
)


async def test_what_was_put_comes_back(cache: ResultCache, tenant: str) -> None:
    completed = completed_analysis(upload_request(tenant))
    failure = failed_analysis(url_request(tenant))
    await cache.put([completed, failure])
    assert await cache.get(tenant, completed.request.request_id) == completed
    assert await cache.get(tenant, failure.request.request_id) == failure


async def test_what_was_not_put_is_a_miss(cache: ResultCache, tenant: str) -> None:
    assert await cache.get(tenant, uuid4()) is None
    await cache.put([])


async def test_another_tenants_analysis_is_a_miss(cache: ResultCache, tenant: str) -> None:
    theirs = completed_analysis(upload_request(f"{tenant}-other"))
    await cache.put([theirs])
    assert await cache.get(tenant, theirs.request.request_id) is None


async def test_what_has_no_outcome_is_not_kept(cache: ResultCache, tenant: str) -> None:
    request = url_request(tenant)
    await cache.put([Analysis(request, Pending())])
    assert await cache.get(tenant, request.request_id) is None


async def test_a_result_beats_a_failure_whatever_the_order(cache: ResultCache, tenant: str) -> None:
    request = upload_request(tenant)
    result, failure = completed_analysis(request), failed_analysis(request)
    for order in ([result, failure], [failure, result]):
        for each in order:
            await cache.put([each])
        assert await cache.get(tenant, request.request_id) == result


async def test_a_cache_that_is_there_is_well(cache: ResultCache) -> None:
    await cache.check()
