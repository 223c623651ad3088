"""One Faust application is one consumer group, with the settings that keep it from losing work."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import faust
from faust.auth import SASLCredentials, SSLCredentials
from faust.tables.manager import TableManager

from processors.faust_fetch_wait import FetchPatience, set_fetch_patience
from processors.guard import Guard
from processors.settings import WorkerSettings
from topics.connection import ssl_context
from topics.identity import current_identity
from topics.settings import KafkaSettings

_LOOK_EVERY_S = 0.1


class NoTables(TableManager):
    """There are none, so none can be late: Faust waits a second for them at each start."""

    async def sleep(self, n: float) -> None:
        del n
        await asyncio.sleep(0)


class WorkerApp(faust.App):
    """Keeps nothing on disk: there are no tables, and the root file system may be read-only.

    Lets go of its partitions in bounded time, at a stop and at a rebalance: what is in work may
    end, but what is held for a dependency would keep the whole group waiting, and is given up. It
    was not acknowledged, so nothing is lost.
    """

    def __init__(self, group: str, *, guards: Sequence[Guard], drain_s: float, **options: Any):
        super().__init__(group, **options)
        self._guards = tuple(guards)
        self._drain_s = drain_s

    def _create_directories(self) -> None:
        pass

    async def _consumer_wait_empty(self, consumer: Any, logger: Any) -> None:
        emptied = asyncio.ensure_future(super()._consumer_wait_empty(consumer, logger))
        give_up_at = time.monotonic() + self._drain_s
        while not emptied.done():
            await asyncio.wait({emptied}, timeout=_LOOK_EVERY_S)
            if time.monotonic() > give_up_at or any(guard.is_held for guard in self._guards):
                for guard in self._guards:
                    guard.give_up()
                consumer.unacked.clear()  # what Faust waits for
        emptied.result()

    async def _on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        for guard in self._guards:
            guard.begin()
        await super()._on_partitions_assigned(assigned, generation_id)


def make_app(
    group: str,
    kafka: KafkaSettings,
    *,
    guards: Sequence[Guard],
    worker: WorkerSettings,
    fetch: FetchPatience | None = None,
) -> WorkerApp:
    """An application that consumes what the guards guard. Topics are made by `image-analyzer
    topics create`, never here; nothing is ever acknowledged but by a guard."""
    prefetch = sum(guard.prefetch for guard in guards)
    app = WorkerApp(
        group,
        guards=guards,
        drain_s=worker.drain_s,
        broker=[f"kafka://{server}" for server in kafka.bootstrap_servers.split(",")],
        broker_credentials=broker_credentials(kafka),
        processing_guarantee="at_least_once",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        TableManager=NoTables,
        store="memory://",
        web_enabled=False,
        broker_session_timeout=worker.session_timeout_s,
        broker_heartbeat_interval=worker.session_timeout_s / 5,
        broker_request_timeout=2 * worker.session_timeout_s,
        broker_rebalance_timeout=worker.rebalance_timeout_s,
        broker_max_poll_interval=86_400,  # a full buffer looks idle: the client would leave
        broker_commit_interval=1.0,
        broker_commit_every=1000,
        stream_buffer_maxsize=max(256, 4 * prefetch),
        stream_wait_empty=True,
        consumer_auto_offset_reset="earliest",
        producer_request_timeout=15,
    )
    set_fetch_patience(
        app, fetch or FetchPatience(kafka.fetch_max_wait_ms), partial(current_identity, kafka)
    )
    for guard in guards:
        guard.attach(app)
    app.finalize()
    return app


def broker_credentials(kafka: KafkaSettings) -> SASLCredentials | SSLCredentials | None:
    """What `topics.connection.client_arguments` is to our own clients, in Faust's words."""
    context = ssl_context(kafka)
    if kafka.uses_sasl and kafka.password is not None:
        return SASLCredentials(
            username=kafka.username, password=kafka.password.get_secret_value(),
            mechanism=kafka.sasl_mechanism, ssl_context=context,
        )  # fmt: skip
    return SSLCredentials(context) if context is not None else None
