"""The contract of DeliveryStore, with the record that fills it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from schemas.failures import FailureCode
from schemas.options import AnalysisOptions
from storage.analyses_memory import MemoryAnalysisStore
from storage.analyses_postgres import PostgresAnalysisStore
from storage.deliveries import (
    Attempt,
    Claim,
    DeliveryQuery,
    DeliveryStore,
    Room,
    TenantSecrets,
    Verdict,
)
from storage.deliveries_memory import MemoryDeliveryStore
from storage.deliveries_postgres import PostgresDeliveryStore
from storage.ports import AnalysisStore, Completed, Failed, Request
from storage.settling import Fact
from tests.contract.storage.conftest import AND_AS_A_WORKER, dsn_for
from tests.contract.storage.examples import NOON, analyzed, failed, url_request
from tests.contract.storage.migrated import opened_pool

URL = "https://hooks.example/in?id=7"
MINUTE = timedelta(minutes=1)
NO_TIME = timedelta()
WIDE = Room(total=100, per_tenant=100, per_receiver=100)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(frozen=True, slots=True)
class Stores:
    analyses: AnalysisStore
    deliveries: DeliveryStore

    async def accept(self, tenant_id: str = "acme", url: str | None = URL) -> Request:
        request = url_request(tenant_id, options=AnalysisOptions(callback_url=url))
        await self.analyses.accept(request)
        return request

    async def waiting(self, tenant_id: str = "acme", url: str = URL) -> Request:
        """With its outcome, which is to be told."""
        request = await self.accept(tenant_id, url)
        await self.analyses.record([analyzed(request)])
        return request

    async def one(self, lease: timedelta = MINUTE) -> Claim:
        (claim,) = await self.deliveries.claim(WIDE, lease=lease)
        return claim


@pytest.fixture(params=AND_AS_A_WORKER)
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        analyses = MemoryAnalysisStore()
        yield Stores(analyses, MemoryDeliveryStore(analyses))
        return
    with dsn_for(request) as dsn:
        async with opened_pool(dsn) as pool:
            yield Stores(PostgresAnalysisStore(pool), PostgresDeliveryStore(pool))


def attempt(claim: Claim, **changes: Any) -> Attempt:
    made = Attempt(number=claim.number, event=claim.event, at=NOON, took_ms=12, status=200)
    return replace(made, **changes)


async def test_what_asked_for_no_callback_has_no_delivery(stores: Stores) -> None:
    request = await stores.accept(url=None)
    await stores.analyses.record([analyzed(request)])
    assert await stores.deliveries.find("acme", request.request_id) is None
    assert await stores.deliveries.claim(WIDE, lease=MINUTE) == []


async def test_what_has_no_outcome_is_not_told(stores: Stores) -> None:
    await stores.accept()
    assert await stores.deliveries.claim(WIDE, lease=MINUTE) == []


async def test_a_result_is_told_with_all_that_it_takes(stores: Stores) -> None:
    request = await stores.accept()
    await stores.analyses.record([analyzed(request)], {request.key: TRACE})
    claim = await stores.one()
    known = await stores.analyses.find("acme", request.request_id)
    assert known is not None
    assert claim == Claim(
        tenant_id="acme", request_id=request.request_id, event="image-analyzed", url=URL,
        receiver="hooks.example", number=1, tries=1, waited=claim.waited, secrets=TenantSecrets(),
        accepted_at=request.accepted_at, outcome=claim.outcome, traceparent=TRACE,
    )  # fmt: skip
    assert claim.outcome == known.outcome
    assert NO_TIME <= claim.waited < MINUTE


@pytest.mark.parametrize("code", FailureCode)
async def test_every_kind_of_failure_is_told(stores: Stores, code: FailureCode) -> None:
    request = await stores.accept()
    await stores.analyses.record([failed(request, code)])
    claim = await stores.one()
    assert claim.event == "analysis-failed"
    assert isinstance(claim.outcome, Failed)
    assert claim.outcome.code is code


async def test_what_the_record_refused_is_not_told(stores: Stores) -> None:
    request = await stores.accept()
    early = failed(request).model_copy(update={"accepted_at": NOON - MINUTE})
    await stores.analyses.record([early, failed(url_request())])
    assert await stores.deliveries.claim(WIDE, lease=MINUTE) == []
    await stores.analyses.record([analyzed(request)])
    first = await stores.deliveries.find("acme", request.request_id)
    await stores.analyses.record([failed(request)])
    assert await stores.deliveries.find("acme", request.request_id) == first


async def test_one_row_however_often_it_is_recorded(stores: Stores) -> None:
    request = await stores.accept()
    facts: list[Fact] = [failed(request), analyzed(request), analyzed(request)]
    await stores.analyses.record(facts)
    claim = await stores.one()
    assert await stores.deliveries.finish(claim, attempt(claim), Verdict("delivered"))
    for fact in facts:
        await stores.analyses.record([fact])
    assert await stores.deliveries.claim(WIDE, lease=MINUTE) == []
    (listed,) = await stores.deliveries.list(DeliveryQuery())
    assert (listed.state, listed.event) == ("delivered", "image-analyzed")


async def test_a_result_that_replaces_a_failure_is_told_anew(stores: Stores) -> None:
    request = await stores.accept()
    await stores.analyses.record([failed(request)])
    first = await stores.one()
    assert await stores.deliveries.finish(first, attempt(first), Verdict("delivered"))
    await stores.analyses.record([analyzed(request)])
    second = await stores.one()
    assert (second.number, second.tries, second.event) == (2, 1, "image-analyzed")
    assert isinstance(second.outcome, Completed)


async def test_a_failure_that_is_on_its_way_when_a_result_comes_is_overtaken(
    stores: Stores,
) -> None:
    request = await stores.accept()
    await stores.analyses.record([failed(request)])
    claim = await stores.one()
    await stores.analyses.record([analyzed(request)])
    assert not await stores.deliveries.finish(claim, attempt(claim), Verdict("delivered"))
    assert (await stores.one()).event == "image-analyzed"


async def test_a_claim_is_nobody_elses_until_its_lease_ends(stores: Stores) -> None:
    await stores.waiting()
    await stores.one(lease=MINUTE)
    assert await stores.deliveries.claim(WIDE, lease=MINUTE) == []


async def test_a_lease_that_ended_lets_another_try_and_the_first_notes_nothing(
    stores: Stores,
) -> None:
    request = await stores.waiting()
    lost = await stores.one(lease=NO_TIME)
    again = await stores.one(lease=MINUTE)
    assert (lost.number, again.number) == (1, 2)
    assert not await stores.deliveries.finish(lost, attempt(lost), Verdict("delivered"))
    assert await stores.deliveries.finish(again, attempt(again), Verdict("delivered"))
    found = await stores.deliveries.find("acme", request.request_id)
    assert found is not None
    assert [each.number for each in found.attempts] == [2]
    assert found.state == "delivered"
    assert found.finished_at is not None


async def test_many_at_once_take_each_one_once(stores: Stores) -> None:
    requests = [await stores.waiting() for _ in range(40)]
    room = Room(total=8, per_tenant=100, per_receiver=100)
    taken: list[Claim] = []
    for _ in range(20):
        rounds = (stores.deliveries.claim(room, lease=MINUTE) for _ in range(4))
        taken += [claim for claims in await asyncio.gather(*rounds) for claim in claims]
    assert sorted(claim.request_id for claim in taken) == sorted(r.request_id for r in requests)


async def test_a_failed_attempt_is_noted_and_waits(stores: Stores) -> None:
    request = await stores.waiting()
    claim = await stores.one()
    failure = attempt(claim, status=None, error="took too long")
    assert await stores.deliveries.finish(claim, failure, Verdict("pending", MINUTE))
    assert await stores.deliveries.finish(claim, failure, Verdict("pending", MINUTE)), "a repeat"
    assert await stores.deliveries.claim(WIDE, lease=MINUTE) == []
    found = await stores.deliveries.find("acme", request.request_id)
    assert found is not None
    assert found.attempts == (failure,)
    assert (found.state, found.finished_at, found.number) == ("pending", None, 1)
    assert found.due_at - found.created_at >= MINUTE


async def test_a_pause_that_is_over_lets_it_be_tried_again(stores: Stores) -> None:
    await stores.waiting()
    claim = await stores.one()
    await stores.deliveries.finish(claim, attempt(claim, status=500), Verdict("pending", NO_TIME))
    assert (await stores.one()).number == 2


async def test_nobody_gets_more_than_its_room(stores: Stores) -> None:
    slow, quick = "https://slow.example/", "https://quick.example/"
    for url in (slow, slow, slow, slow, quick, quick):
        await stores.waiting("acme", url)
    await stores.waiting("globex", slow)
    room = Room(total=100, per_tenant=3, per_receiver=2)
    claims = await stores.deliveries.claim(room, lease=MINUTE)
    taken = sorted((claim.tenant_id, claim.receiver) for claim in claims)
    assert taken.count(("globex", "slow.example")) == 1
    assert sum(tenant == "acme" for tenant, _ in taken) == 3
    assert taken.count(("acme", "slow.example")) <= 2


async def test_what_is_in_work_takes_up_room(stores: Stores) -> None:
    for _ in range(4):
        await stores.waiting()
    await stores.waiting(url="https://quick.example/")
    busy = {("acme", "hooks.example"): 2}
    room = Room(total=100, per_tenant=4, per_receiver=3, busy=busy)
    claims = await stores.deliveries.claim(room, lease=MINUTE)
    assert sorted(claim.receiver for claim in claims) == ["hooks.example", "quick.example"]


async def test_a_receiver_that_is_full_is_passed_over(stores: Stores) -> None:
    await stores.waiting()
    busy = {("acme", "hooks.example"): 5}
    room = Room(total=100, per_tenant=9, per_receiver=3, busy=busy)
    assert await stores.deliveries.claim(room, lease=MINUTE) == []


async def test_who_has_least_in_work_comes_first(stores: Stores) -> None:
    for _ in range(5):
        await stores.waiting("acme")
    await stores.waiting("globex")
    room = Room(total=2, per_tenant=9, per_receiver=9, busy={("acme", "hooks.example"): 1})
    claims = await stores.deliveries.claim(room, lease=MINUTE)
    assert [claim.tenant_id for claim in claims].count("globex") == 1


async def test_what_is_dead_may_be_tried_again_and_what_is_delivered_not(stores: Stores) -> None:
    dead, delivered = [await stores.waiting() for _ in range(2)]
    for claim in await stores.deliveries.claim(WIDE, lease=MINUTE):
        verdict = Verdict("dead" if claim.request_id == dead.request_id else "delivered")
        assert await stores.deliveries.finish(claim, attempt(claim), verdict)
    assert not await stores.deliveries.retry("acme", delivered.request_id)
    assert not await stores.deliveries.retry("acme", uuid4())
    assert not await stores.deliveries.retry("globex", dead.request_id)
    assert await stores.deliveries.retry("acme", dead.request_id)
    claim = await stores.one()
    assert (claim.request_id, claim.number, claim.tries) == (dead.request_id, 2, 1)
    assert claim.waited < MINUTE
    await stores.deliveries.finish(claim, attempt(claim), Verdict("pending", NO_TIME))
    again = await stores.one()
    assert (again.number, again.tries) == (3, 2), "the tries after it are counted on"


async def test_lists_are_of_what_was_asked_for(stores: Stores) -> None:
    ours = await stores.waiting()
    theirs = await stores.waiting("globex", "https://other.example:8443/")
    claim = next(
        each
        for each in await stores.deliveries.claim(WIDE, lease=MINUTE)
        if each.request_id == ours.request_id
    )
    await stores.deliveries.finish(claim, attempt(claim), Verdict("delivered"))

    async def listed(**wanted: Any) -> list[object]:
        found = await stores.deliveries.list(DeliveryQuery(**wanted))
        return [one.request_id for one in found]

    assert await listed() == [ours.request_id, theirs.request_id]
    assert await listed(limit=1) == [theirs.request_id]
    assert await listed(tenant_id="globex") == [theirs.request_id]
    assert await listed(request_id=ours.request_id) == [ours.request_id]
    assert await listed(state="delivered") == [ours.request_id]
    assert await listed(receiver="other.example:8443") == [theirs.request_id]
    assert await listed(since=datetime.now(UTC) + MINUTE) == []


async def test_nobody_finds_another_tenants(stores: Stores) -> None:
    request = await stores.waiting()
    assert await stores.deliveries.find("globex", request.request_id) is None


async def test_the_oldest_that_is_due_is_known_by_its_age(stores: Stores) -> None:
    assert await stores.deliveries.oldest_due() == NO_TIME
    await stores.waiting()
    assert NO_TIME < await stores.deliveries.oldest_due() < MINUTE
    await stores.one(lease=MINUTE)
    assert await stores.deliveries.oldest_due() == NO_TIME


async def test_what_was_finished_long_ago_is_forgotten_with_its_attempts(stores: Stores) -> None:
    old, young = await stores.waiting(), await stores.waiting()
    for claim in await stores.deliveries.claim(WIDE, lease=MINUTE):
        if claim.request_id == old.request_id:
            await stores.deliveries.finish(claim, attempt(claim), Verdict("dead"))
    later = datetime.now(UTC) + MINUTE
    assert await stores.deliveries.forget(datetime.now(UTC) - MINUTE, 10) == 0
    assert await stores.deliveries.forget(later, 10) == 1
    assert await stores.deliveries.find("acme", old.request_id) is None
    assert await stores.deliveries.find("acme", young.request_id) is not None
