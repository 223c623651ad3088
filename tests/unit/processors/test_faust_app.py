"""The settings that keep Faust from losing work, and the seams by which we reach below it."""

import asyncio
import gc
import inspect
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from faust.tables.manager import TableManager
from faust.transport.consumer import Consumer
from faust.transport.drivers import aiokafka as driver
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from pydantic import SecretStr

from processors.faust_app import NoTables, WorkerApp, broker_credentials, make_app
from processors.faust_consumer import GuardedConsumer
from processors.guard import Guard
from processors.settings import WorkerSettings
from tests.support.within import crowd
from tests.unit.processors.bench import Bench
from topics.catalog import ANALYSIS_FAILED, IMAGE_ANALYZED
from topics.connection import client_arguments, ssl_context
from topics.settings import KafkaSettings, SecurityProtocol


async def nothing(envelope: object) -> None:
    del envelope


@pytest.fixture
def guards(bench: Bench) -> list[Guard]:
    return [
        Guard(topic, bench.settlement(nothing, topic=topic), prefetch=100)
        for topic in (IMAGE_ANALYZED, ANALYSIS_FAILED)
    ]


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Faust binds to the current loop as soon as an application is made."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield made
    asyncio.set_event_loop(None)
    gc.collect()
    made.close()


@pytest.fixture
def app(guards: list[Guard], loop: asyncio.AbstractEventLoop) -> WorkerApp:
    kafka = KafkaSettings(bootstrap_servers="a:1,b:2", fetch_max_wait_ms=10)
    return make_app("recorder", kafka, guards=guards, worker=WorkerSettings(drain_s=0.3))


def test_the_settings_that_keep_it_from_losing_work(app: WorkerApp) -> None:
    conf = app.conf
    assert conf.id == "recorder", "the consumer group"
    assert [str(url) for url in conf.broker] == ["kafka://a:1", "kafka://b:2"]
    assert conf.processing_guarantee.value == "at_least_once"
    assert conf.consumer_auto_offset_reset == "earliest"
    assert conf.topic_allow_declare is False
    assert conf.topic_disable_leader is True
    assert conf.table_standby_replicas == 0, "else its own assignor is used"
    assert conf.web_enabled is False
    assert conf.stream_wait_empty is True
    assert conf.broker_max_poll_interval == 86_400
    assert conf.broker_session_timeout == WorkerSettings().session_timeout_s
    assert conf.broker_heartbeat_interval * 3 < conf.broker_session_timeout
    assert conf.broker_request_timeout >= conf.broker_session_timeout
    assert conf.broker_rebalance_timeout == WorkerSettings().rebalance_timeout_s
    assert conf.stream_buffer_maxsize == 800, "four times what is in work"


def test_both_topics_have_one_agent_that_ends_the_process_with_it(app: WorkerApp) -> None:
    agents = {agent.channel.get_topic_name(): agent for agent in app.agents.values()}
    assert set(agents) == {"image-analyzed", "analysis-failed"}
    for agent in agents.values():
        assert agent.concurrency == 1
        assert agent.supervisor_strategy.__name__ == "CrashingSupervisor"


def test_the_fetch_wait_reaches_the_client(app: WorkerApp) -> None:
    """Fails when a new Faust or client has the seam no more."""
    consumer = app.transport.create_consumer(
        lambda message: None,
        on_partitions_revoked=lambda revoked: None,
        on_partitions_assigned=lambda assigned, generation: None,
    )
    assert isinstance(consumer, GuardedConsumer)

    async def make() -> Any:
        made = consumer._thread._create_worker_consumer(app.transport)
        await made.stop()
        return made

    client = app.loop.run_until_complete(make())
    consumer._thread.thread_loop.close()
    assert client._fetch_max_wait_ms == 10
    source = inspect.getsource(type(client).start)
    assert "self._fetch_max_wait_ms" in source, "read when it starts, so that setting it counts"


def test_the_seams_are_where_they_were() -> None:
    assert "_consumer_wait_empty" in inspect.getsource(faust.App._stop_consumer)
    assert "_consumer_wait_empty" in inspect.getsource(faust.App._on_partitions_revoked)
    assert "self._on_partitions_assigned" in inspect.getsource(faust.App._new_consumer)
    assert "_create_directories" in inspect.getsource(faust.App.on_first_start)
    assert "self.sleep(" in inspect.getsource(TableManager.on_start)
    assert "_unacked_messages" in inspect.getsource(Consumer.wait_empty)
    assert "consumer.ack(self)" in inspect.getsource(faust.types.tuples.ConsumerMessage)
    assert issubclass(GuardedConsumer, driver.Consumer)


def test_no_tables_are_waited_for(app: WorkerApp) -> None:
    assert isinstance(app.tables, NoTables)
    began = time.monotonic()
    asyncio.get_event_loop().run_until_complete(app.tables.sleep(60))
    assert time.monotonic() - began < 1 * crowd()


class Waited:
    """A consumer whose work is done when the test says so."""

    def __init__(self) -> None:
        self.unacked = {object()}

    async def wait_empty(self) -> None:
        while self.unacked:  # noqa: ASYNC110 - as Faust does it
            await asyncio.sleep(0.01)


def let_go(app: WorkerApp, consumer: Waited) -> float:
    began = time.monotonic()
    log = SimpleNamespace(info=lambda text: None)
    app.loop.run_until_complete(asyncio.wait_for(app._consumer_wait_empty(consumer, log), 5))
    return time.monotonic() - began


def test_work_that_ends_in_time_is_waited_for(app: WorkerApp, guards: list[Guard]) -> None:
    consumer = Waited()
    app.loop.call_later(0.05, consumer.unacked.clear)
    let_go(app, consumer)
    assert not guards[0]._is_between_terms


def test_work_that_does_not_end_is_given_up(app: WorkerApp, guards: list[Guard]) -> None:
    assert let_go(app, Waited()) >= 0.3
    assert all(guard._is_between_terms for guard in guards)


def test_what_is_held_is_given_up_at_once(
    app: WorkerApp, guards: list[Guard], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_drain_s", 60.0)
    guards[1]._settlement.pulse.hold("bucket")
    assert let_go(app, Waited()) < 3
    assert all(guard._is_between_terms for guard in guards), "one group lets go of all its topics"


@pytest.mark.parametrize(
    ("protocol", "is_encrypted"), [("SASL_PLAINTEXT", False), ("SASL_SSL", True)]
)
def test_faust_logs_in_as_our_own_clients_do(
    protocol: SecurityProtocol, is_encrypted: bool
) -> None:
    kafka = KafkaSettings(
        security_protocol=protocol, username="io", password=SecretStr("secret of io")
    )
    given = credentials_to_aiokafka_auth(broker_credentials(kafka))
    assert given == {
        name: text for name, text in client_arguments(kafka).items() if name != "bootstrap_servers"
    }
    assert (given["ssl_context"] is not None) == is_encrypted


def test_faust_encrypts_without_a_login() -> None:
    kafka = KafkaSettings(security_protocol="SSL")
    given = credentials_to_aiokafka_auth(broker_credentials(kafka))
    assert given == {"security_protocol": "SSL", "ssl_context": ssl_context(kafka)}
    assert broker_credentials(KafkaSettings()) is None
