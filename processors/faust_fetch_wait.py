"""How long the broker may keep a fetch of a Faust consumer: Faust has no setting for it.

Apache Kafka answers as soon as there is enough, so its figure hardly matters where one record is
enough; a broker that looks again only after half of the wait needs a short one.
"""

from dataclasses import dataclass

import faust
from faust.transport.drivers import aiokafka as driver

from processors.faust_commits import NamingThread
from processors.faust_consumer import GuardedConsumer
from topics.own_commits import ReadIdentity


@dataclass(frozen=True, slots=True)
class FetchPatience:
    """The broker answers when it has `min_bytes`, or after `max_wait_ms`."""

    max_wait_ms: int
    min_bytes: int = 1


def set_fetch_patience(
    app: faust.App, patience: FetchPatience, identity_of_log: ReadIdentity
) -> None:
    """Give the application a transport whose consumers wait like that."""

    class ConsumerThread(NamingThread):
        read_identity = staticmethod(identity_of_log)

        def _create_worker_consumer(self, transport: driver.Transport) -> object:
            consumer = super()._create_worker_consumer(transport)
            consumer._fetch_max_wait_ms = patience.max_wait_ms  # noqa: SLF001 - no public setting
            consumer._fetch_min_bytes = patience.min_bytes  # noqa: SLF001 - as above
            return consumer

    class Consumer(GuardedConsumer):
        def _new_consumer_thread(self) -> ConsumerThread:
            return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    class Transport(driver.Transport):
        pass

    Transport.Consumer = Consumer
    app.transport = Transport(app.conf.broker, app, loop=app.loop)
