"""How long the broker may keep an empty fetch of a Faust consumer: Faust has no setting for it.

Apache Kafka answers as soon as there is data, so its figure hardly matters; a broker that looks
again only after half of the wait needs a short one.
"""

import faust
from faust.transport.drivers import aiokafka as driver

from processors.faust_consumer import GuardedConsumer


def set_fetch_wait(app: faust.App, fetch_max_wait_ms: int) -> None:
    """Give the application a transport whose consumers wait that long."""

    class ConsumerThread(driver.AIOKafkaConsumerThread):
        def _create_worker_consumer(self, transport: driver.Transport) -> object:
            consumer = super()._create_worker_consumer(transport)
            consumer._fetch_max_wait_ms = fetch_max_wait_ms  # noqa: SLF001 - no public setting
            return consumer

    class Consumer(GuardedConsumer):
        def _new_consumer_thread(self) -> ConsumerThread:
            return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    class Transport(driver.Transport):
        pass

    Transport.Consumer = Consumer
    app.transport = Transport(app.conf.broker, app, loop=app.loop)
