"""Workers that are killed with a delivery in hand: the row stays one, the message comes again."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from outbound.webhook_secrets import SecretSource, shown
from schemas.options import AnalysisOptions
from storage.analyses_postgres import PostgresAnalysisStore
from storage.ports import Request
from tests.contract.storage.examples import analyzed, url_request
from tests.contract.storage.migrated import opened_pool
from tests.integration.processors.flow import Flow
from tests.support.eventually import eventually
from tests.support.webhook_receiver import OK, Receiver, silence

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.s3]

MASTER = "a master secret of the tests, thirty-two"
WEBHOOKS: dict[str, object] = {
    "master_secret": MASTER, "allow_http": True, "timeout_s": 1.0, "lease_s": 2.0,
    "poll_every_s": 0.05,
}  # fmt: skip
NETWORKS = ("127.0.0.1/32",)


@asynccontextmanager
async def waiting(flow: Flow, url: str) -> AsyncIterator[Request]:
    """A delivery that is due."""
    request = url_request(flow.tenant, options=AnalysisOptions(callback_url=url))
    async with opened_pool(flow.dsn) as pool:
        store = PostgresAnalysisStore(pool)
        await store.accept(request)
        await store.record([analyzed(request)])
    flow.webhooks = WEBHOOKS
    yield request


def rows(flow: Flow) -> list[tuple[str, int]]:
    """State and number of attempts of every delivery there is."""
    with psycopg.connect(flow.dsn) as connection:
        return connection.execute("SELECT state, attempts FROM webhook_deliveries").fetchall()


@contextlib.contextmanager
def full_socket() -> Iterator[socket.socket]:
    """One that takes no connection any more: whoever connects waits, and sends nothing."""
    with socket.socket() as listening, contextlib.ExitStack() as stack:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(2):
            waiter = stack.enter_context(socket.socket())
            waiter.setblocking(False)
            waiter.connect_ex(listening.getsockname())
        yield listening


async def test_killed_between_claim_and_send_it_is_sent_by_another(flow: Flow) -> None:
    with full_socket() as listening:
        port = listening.getsockname()[1]
        async with waiting(flow, f"http://127.0.0.1:{port}/"):
            worker = await flow.start("deliver", fetch_allow_networks=NETWORKS)
            await eventually(lambda: rows(flow) == [("pending", 1)])
            worker.kill()
    async with Receiver(port=port) as far:
        await flow.start("deliver", fetch_allow_networks=NETWORKS)
        await far.wait_for(1, within_s=20)
        await eventually(lambda: rows(flow) == [("delivered", rows(flow)[0][1])])
    assert len(far.told) == 1
    assert rows(flow)[0][1] >= 2, "the attempt of the dead counts"


async def test_killed_after_the_send_it_is_sent_again_with_the_same_id(flow: Flow) -> None:
    async with Receiver(silence, OK) as far, waiting(flow, far.url()) as request:
        worker = await flow.start("deliver", fetch_allow_networks=NETWORKS)
        await far.wait_for(1, within_s=20)
        worker.kill()
        await flow.start("deliver", fetch_allow_networks=NETWORKS)
        first, second = await far.wait_for(2, within_s=20)
        await eventually(lambda: rows(flow)[0][0] == "delivered")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert second.event["subject"] == request.key
    assert second.is_signed_with(shown(SecretSource(MASTER).secret(flow.tenant, 1)))
    assert len(rows(flow)) == 1


async def test_two_workers_at_once_send_each_once(flow: Flow) -> None:
    async with Receiver() as far:
        requests = [url_request(flow.tenant, options=AnalysisOptions(callback_url=far.url()))
                    for _ in range(60)]  # fmt: skip
        async with opened_pool(flow.dsn) as pool:
            store = PostgresAnalysisStore(pool)
            for request in requests:
                await store.accept(request)
            await store.record([analyzed(request) for request in requests])
        flow.webhooks = WEBHOOKS | {"lease_s": 30.0}
        await asyncio.gather(
            *(flow.start("deliver", fetch_allow_networks=NETWORKS) for _ in range(2))
        )
        await eventually(lambda: rows(flow) == [("delivered", 1)] * 60)
    subjects = [told.event["subject"] for told in far.told]
    assert sorted(subjects) == sorted(request.key for request in requests)
