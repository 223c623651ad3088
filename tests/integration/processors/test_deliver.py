"""Postgres -> deliver -> receivers, on the real table and real connections."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import psycopg
import pytest

from outbound.client import FetchLimits, GuardedClient
from outbound.resolver import Resolve
from outbound.settings import WebhookSettings
from outbound.webhook_secrets import SecretSource, shown
from processors.deliver import Deliverer
from processors.deliver_pause import Pauses
from processors.deliver_send import SendDelivery
from processors.hold import Hold
from processors.pulse import Pulse
from schemas.failures import FailureCode
from schemas.options import AnalysisOptions
from storage.analyses_postgres import PostgresAnalysisStore
from storage.audit import Action, AuditLog
from storage.audit_events import AuditQuery
from storage.audit_memory import MemoryAuditStore
from storage.deliveries import Delivery, DeliveryQuery, Room
from storage.deliveries_postgres import PostgresDeliveryStore
from storage.ports import Request
from storage.postgres_pool import PostgresPool
from storage.webhook_secrets_postgres import PostgresWebhookSecrets
from telemetry.metrics import Metrics
from tests.contract.storage.examples import analyzed, failed, url_request
from tests.contract.storage.migrated import opened_pool
from tests.integration.outbound.clients import Names
from tests.integration.outbound.listener import Listener, ok
from tests.integration.outbound.test_private_targets import assert_nobody_came
from tests.support.eventually import eventually
from tests.support.services.postgres import Postgres
from tests.support.webhook_receiver import OK, Receiver, silence, status
from topics.codec import event_id

pytestmark = pytest.mark.postgres

MASTER = "a master secret of the tests, thirty-two"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
QUICK = {
    "timeout_s": 1.0, "lease_s": 20.0, "poll_every_s": 0.02, "first_pause_s": 0.001,
    "longest_pause_s": 0.02,
}  # fmt: skip


@dataclass
class Table:
    """What is to be delivered, and who delivers it."""

    dsn: str
    pool: PostgresPool
    audit: MemoryAuditStore = field(default_factory=MemoryAuditStore)
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.analyses = PostgresAnalysisStore(self.pool)
        self.deliveries = PostgresDeliveryStore(self.pool)

    async def waiting(
        self, url: str, *, tenant_id: str = "acme", code: FailureCode | None = None
    ) -> Request:
        request = url_request(tenant_id, options=AnalysisOptions(callback_url=url))
        await self.analyses.accept(request)
        told = analyzed(request) if code is None else failed(request, code)
        await self.analyses.record([told], {request.key: TRACE})
        return request

    async def delivery(self, request: Request) -> Delivery:
        found = await self.deliveries.find(request.tenant_id, request.request_id)
        assert found is not None
        return found

    async def ended(self, request: Request, *, within_s: float = 10.0) -> Delivery:
        return await self.until(request, lambda found: found.state != "pending", within_s=within_s)

    async def until(
        self, request: Request, is_so: Callable[[Delivery], object], *, within_s: float = 10.0
    ) -> Delivery:
        async with asyncio.timeout(within_s):
            while True:
                found = await self.delivery(request)
                if is_so(found):
                    return found
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def delivering(
        self, *, resolve: Resolve | None = None, **changes: object
    ) -> AsyncIterator[None]:
        settings = WebhookSettings.model_validate(QUICK | changes)
        limits = FetchLimits(read_s=settings.timeout_s, total_s=settings.timeout_s)
        networks = (ip_network("127.0.0.1/32"),)
        client = GuardedClient(limits=limits, allow_networks=networks, resolve=resolve)
        audit = AuditLog(self.audit, self.metrics)
        send = SendDelivery(
            client=client, secrets=SecretSource(MASTER), pauses=Pauses(settings), audit=audit,
            metrics=self.metrics, clock=lambda: datetime.now(UTC),
        )  # fmt: skip
        hold = Hold(Pulse("deliver"), self.metrics, probe_every_s=0.05)
        running = asyncio.create_task(
            Deliverer(
                deliveries=self.deliveries, send=send, settings=settings, hold=hold,
                metrics=self.metrics,
            ).run()
        )  # fmt: skip
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await client.aclose()
            await audit.aclose()


@pytest.fixture
async def table(postgres_database: str) -> AsyncIterator[Table]:
    async with opened_pool(postgres_database) as pool:
        yield Table(postgres_database, pool)


async def test_a_result_arrives_signed_as_the_event_of_the_topics(table: Table) -> None:
    async with Receiver() as far, table.delivering():
        request = await table.waiting(far.url("/in?id=7"))
        (told,) = await far.wait_for(1)
        delivery = await table.ended(request)
    known = await table.analyses.find("acme", request.request_id)
    fact = analyzed(request)
    assert known is not None
    assert told.line == "POST /in?id=7 HTTP/1.1"
    assert told.headers["content-type"] == "application/cloudevents+json"
    assert told.headers["webhook-id"] == told.event["id"] == event_id(fact)
    assert told.headers["traceparent"].split("-")[1] == TRACE.split("-")[1]
    assert told.is_signed_with(shown(SecretSource(MASTER).secret("acme", 1)))
    assert not told.is_signed_with(shown(SecretSource(MASTER).secret("globex", 1)))
    assert told.body.endswith(b',"data":' + fact.to_json() + b"}")
    event = told.event
    del event["data"], event["time"]
    assert event == {
        "specversion": "1.0", "id": event_id(fact), "source": "/image-analyzer",
        "type": "io.imageanalyzer.image-analyzed.v1", "subject": request.key,
        "datacontenttype": "application/json", "tenantid": "acme",
    }  # fmt: skip
    (attempt,) = delivery.attempts
    assert (delivery.state, attempt.status, attempt.error) == ("delivered", 204, None)


@pytest.mark.parametrize(
    "code", [FailureCode.CANCELLED, FailureCode.DEADLINE_EXCEEDED, FailureCode.IMAGE_UNDECODABLE]
)
async def test_a_failure_arrives_with_its_code(table: Table, code: FailureCode) -> None:
    async with Receiver() as far, table.delivering():
        request = await table.waiting(far.url(), code=code)
        (told,) = await far.wait_for(1)
    assert told.event["type"] == "io.imageanalyzer.analysis-failed.v1"
    assert told.event["data"]["code"] == code.value
    assert told.event["data"]["request_id"] == str(request.request_id)


async def test_it_is_tried_until_it_is_taken_with_the_same_id_and_body(table: Table) -> None:
    answers = (status(500), status(404), status(302, "Location: /elsewhere"), OK)
    async with Receiver(*answers) as far, table.delivering():
        request = await table.waiting(far.url())
        delivery = await table.ended(request)
    assert len({(told.headers["webhook-id"], told.body) for told in far.told}) == 1
    assert [each.status for each in delivery.attempts] == [500, 404, 302, 204]
    assert [told.line for told in far.told] == ["POST / HTTP/1.1"] * 4, "nothing was followed"


async def test_410_ends_it_at_once(table: Table) -> None:
    async with Receiver(status(410)) as far, table.delivering():
        delivery = await table.ended(await table.waiting(far.url()))
    assert (delivery.state, len(far.told)) == ("dead", 1)


async def test_what_is_never_taken_is_dead_in_the_end(table: Table) -> None:
    async with Receiver(status(500)) as far, table.delivering(max_attempts=3):
        request = await table.waiting(far.url())
        delivery = await table.ended(request)
        assert (delivery.state, len(far.told)) == ("dead", 3)
        assert await table.deliveries.retry("acme", request.request_id)
        await far.wait_for(4)


async def test_retry_after_is_waited_for(table: Table) -> None:
    async with Receiver(status(503, "Retry-After: 30")) as far:
        async with table.delivering(longest_pause_s=60.0):
            request = await table.waiting(far.url())
            await far.wait_for(1)
        delivery = await table.delivery(request)
    assert delivery.due_at - delivery.attempts[0].at > timedelta(seconds=25)


async def test_who_does_not_listen_or_answer_is_tried_again(table: Table) -> None:
    async with Receiver() as gone:
        pass
    async with Receiver(silence, OK) as far, table.delivering(timeout_s=0.2):
        silent, refused = await table.waiting(far.url()), await table.waiting(gone.url())
        delivery = await table.ended(silent)
        tried = await table.until(refused, lambda found: found.attempts)
    assert [each.error for each in delivery.attempts] == ["fetch_failed", None]
    assert tried.attempts[0].error == "fetch_failed", "why is for the log alone"


async def test_a_private_address_hears_nothing_and_ends_it(table: Table) -> None:
    async with Listener(ok(b"secret"), host="127.0.0.2") as private:
        names = Names(rebinding_example=[["127.0.0.2"]])
        async with table.delivering(resolve=names):
            for url in (private.url("/token"), private.url("/token", name="rebinding.example")):
                delivery = await table.ended(await table.waiting(url))
                assert delivery.state == "dead"
                assert [each.error for each in delivery.attempts] == ["address_not_allowed"]
        await assert_nobody_came(private)
    noted = await table.audit.find(AuditQuery(action=Action.ADDRESS_BLOCKED))
    assert {str(entry.event.details["host"]).rpartition(":")[0] for entry in noted} == {
        "127.0.0.2", "rebinding.example",
    }  # fmt: skip


async def test_a_slow_receiver_holds_up_nobody_else(table: Table) -> None:
    """The slow one has a hundred to get, all older, and answers none of them."""
    async with (
        table.delivering(timeout_s=8.0, max_in_flight=8, max_per_receiver=2),
        Receiver(silence) as slow,
        Receiver() as quick,
    ):
        for _ in range(100):
            await table.waiting(slow.url())
        requests = [await table.waiting(quick.url(), tenant_id="globex") for _ in range(20)]
        requests += [await table.waiting(quick.url()) for _ in range(5)]
        for request in requests:
            await table.ended(request, within_s=5.0)
        assert len(slow.told) == 2


async def test_after_a_rotation_both_secrets_sign_and_then_the_new_one_alone(table: Table) -> None:
    async with opened_pool(table.dsn) as pool:
        secrets, source = PostgresWebhookSecrets(pool), SecretSource(MASTER)
        first, second, third = (shown(source.secret("acme", n)) for n in (1, 2, 3))
        await add_tenant(table.dsn)
        async with Receiver() as far, table.delivering():
            assert (await secrets.rotate("acme", overlap=timedelta(hours=1))).version == 2
            await table.waiting(far.url())
            (both,) = await far.wait_for(1)
            assert both.is_signed_with(first)
            assert both.is_signed_with(second)
            assert (await secrets.rotate("acme", overlap=timedelta())).version == 3
            await table.waiting(far.url())
            _, new = await far.wait_for(2)
    assert new.is_signed_with(third)
    assert not new.is_signed_with(second)


async def add_tenant(dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("INSERT INTO tenants (tenant_id) VALUES ('acme')")


async def test_an_analysis_that_is_gone_is_not_told(table: Table) -> None:
    async with Receiver() as far:
        request = await table.waiting(far.url())
        async with await psycopg.AsyncConnection.connect(table.dsn, autocommit=True) as connection:
            await connection.execute("DELETE FROM analyses")
        async with table.delivering():
            delivery = await table.ended(request)
    assert (delivery.state, far.told) == ("dead", [])
    assert [each.error for each in delivery.attempts] == ["analysis_gone"]


async def test_a_stop_lets_what_is_in_work_end(table: Table) -> None:
    heard, may_answer = asyncio.Event(), asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        heard.set()
        await may_answer.wait()
        await OK(writer)

    async with Receiver(late) as far:
        request = await table.waiting(far.url())
        async with table.delivering(timeout_s=5.0):
            await asyncio.wait_for(heard.wait(), 10)
            asyncio.get_running_loop().call_later(0.1, may_answer.set)
        assert (await table.delivery(request)).state == "delivered"


async def test_what_another_has_claimed_and_dropped_is_sent_when_its_lease_ends(
    table: Table,
) -> None:
    async with Receiver() as far:
        request = await table.waiting(far.url())
        (claim,) = await table.deliveries.claim(Room(1, 1, 1), lease=timedelta(seconds=0.3))
        assert claim.number == 1
        async with table.delivering():
            delivery = await table.ended(request)
    assert [each.number for each in delivery.attempts] == [2]
    assert len(far.told) == 1


async def test_a_database_that_is_gone_is_waited_for(
    table: Table, postgres_to_break: Postgres
) -> None:
    async with Receiver() as far:
        requests = [await table.waiting(far.url()) for _ in range(3)]
        up = table.metrics.dependency_up.labels("postgres")
        postgres_to_break.kill()
        async with table.delivering():
            await eventually(lambda: up._value.get() == 0)
            postgres_to_break.start()
            for request in requests:
                assert (await table.ended(request, within_s=20)).state == "delivered"
    assert len(await table.deliveries.list(DeliveryQuery(state="delivered"))) == 3
