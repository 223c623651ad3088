"""The contract of AnalysisStore: a client's key stands for the first request that came with it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from storage.ports import Analysis, AnalysisStore, IdempotencyKey, KeyUse, Pending, Request
from tests.contract.storage.examples import analyzed, upload_request, url_request

HOUR = timedelta(hours=1)


def key(name: str = "order-17", *, asked: bytes = b"a", lasts: timedelta = HOUR) -> IdempotencyKey:
    return IdempotencyKey(name, asked * 32, datetime.now(UTC) + lasts)


def use_of(request: Request, asked: bytes = b"a") -> KeyUse:
    return KeyUse(request.request_id, asked * 32)


async def is_known(store: AnalysisStore, request: Request) -> bool:
    return await store.find(request.tenant_id, request.request_id) is not None


async def test_the_first_request_with_a_key_is_accepted_and_the_key_stands_for_it(
    analyses: AnalysisStore,
) -> None:
    request = url_request()
    assert await analyses.find_key("acme", "order-17") is None
    assert await analyses.accept(request, lane="bulk", idempotency=key()) is None
    found = await analyses.find("acme", request.request_id)
    assert found == Analysis(request, Pending(), lane="bulk")
    assert await analyses.find_key("acme", "order-17") == use_of(request)
    assert await analyses.find_key("acme", "order-18") is None


async def test_the_same_request_again_changes_nothing(analyses: AnalysisStore) -> None:
    request = upload_request()
    for _ in range(3):
        assert await analyses.accept(request, idempotency=key()) is None
    assert await analyses.count_unfinished(10) == 1
    assert await analyses.find_key("acme", "order-17") == use_of(request)


async def test_another_request_with_the_key_is_told_of_the_first_and_has_no_row(
    analyses: AnalysisStore,
) -> None:
    first, second = url_request(), upload_request()
    await analyses.accept(first, idempotency=key())
    assert await analyses.accept(second, idempotency=key(asked=b"b")) == use_of(first)
    assert not await is_known(analyses, second)
    assert await analyses.count_unfinished(10) == 1
    assert await analyses.find_key("acme", "order-17") == use_of(first)


async def test_the_key_stands_for_a_request_that_has_ended(analyses: AnalysisStore) -> None:
    first, second = url_request(), url_request()
    await analyses.accept(first, idempotency=key())
    await analyses.record([analyzed(first)])
    assert await analyses.accept(second, idempotency=key()) == use_of(first)
    assert not await is_known(analyses, second)


async def test_a_key_that_has_expired_is_taken_over(analyses: AnalysisStore) -> None:
    first, second = url_request(), url_request()
    await analyses.accept(first, idempotency=key(lasts=-timedelta(seconds=1)))
    assert await is_known(analyses, first)
    assert await analyses.find_key("acme", "order-17") is None
    assert await analyses.accept(second, idempotency=key(asked=b"b")) is None
    assert await is_known(analyses, second)
    assert await analyses.find_key("acme", "order-17") == use_of(second, b"b")


async def test_tenants_have_keys_of_their_own(analyses: AnalysisStore) -> None:
    mine, theirs = url_request("acme"), url_request("globex")
    assert await analyses.accept(mine, idempotency=key()) is None
    assert await analyses.accept(theirs, idempotency=key()) is None
    assert await analyses.find_key("acme", "order-17") == use_of(mine)
    assert await analyses.find_key("globex", "order-17") == use_of(theirs)
    assert await analyses.find_key("initech", "order-17") is None


async def test_of_many_at_once_with_one_key_exactly_one_is_accepted(
    analyses: AnalysisStore, other_analyses: AnalysisStore
) -> None:
    requests = [url_request() for _ in range(20)]
    answers = await asyncio.gather(
        *(
            (analyses if number % 2 else other_analyses).accept(each, idempotency=key())
            for number, each in enumerate(requests)
        )
    )
    [accepted] = [each for each, use in zip(requests, answers, strict=True) if use is None]
    assert [use for use in answers if use is not None] == [use_of(accepted)] * 19
    assert [each for each in requests if await is_known(analyses, each)] == [accepted]


async def test_of_many_at_once_that_take_over_an_expired_key_exactly_one_is_accepted(
    analyses: AnalysisStore,
) -> None:
    await analyses.accept(url_request(), idempotency=key(lasts=-HOUR))
    requests = [url_request() for _ in range(20)]
    answers = await asyncio.gather(*(analyses.accept(each, idempotency=key()) for each in requests))
    assert answers.count(None) == 1
    assert await analyses.count_unfinished(100) == 2


async def test_only_expired_keys_are_forgotten_and_no_more_than_asked(
    analyses: AnalysisStore,
) -> None:
    now = datetime.now(UTC)
    for number in range(5):
        await analyses.accept(url_request(), idempotency=key(f"old-{number}", lasts=-HOUR))
    lasting = url_request()
    await analyses.accept(lasting, idempotency=key("new"))
    assert [await analyses.forget_expired_keys(now, 3) for _ in range(3)] == [3, 2, 0]
    assert await analyses.find_key("acme", "new") == use_of(lasting)
    assert await analyses.forget_expired_keys(now + 2 * HOUR, 3) == 1
    assert await analyses.find_key("acme", "new") is None
    assert await analyses.count_unfinished(10) == 6


async def test_a_key_may_be_any_text_that_a_header_holds(analyses: AnalysisStore) -> None:
    for name in ("x" * 255, "'; DROP TABLE analyses; --", "%s %(key)s", str(uuid4())):
        request = url_request()
        await analyses.accept(request, idempotency=key(name))
        assert await analyses.find_key("acme", name) == use_of(request)
