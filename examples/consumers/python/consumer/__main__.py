"""Reads `image-analyzed` and `analysis-failed`; prints one line of JSON for each outcome.

Exit code 0; 1 when it ended by itself (--count, --idle-timeout) and a record was invalid.
"""

import asyncio
import os
import signal
import sys

from aiokafka import AIOKafkaConsumer

from .contract import TOPICS, Contract
from .outcomes import Outcomes, Verdict
from .reader import Reader, say
from .settings import Settings, read_settings


async def run(settings: Settings) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    reader = Reader(settings, Contract(settings.schemas), Outcomes(settings.remember))
    consumer = AIOKafkaConsumer(
        *TOPICS,
        **settings.connection,
        group_id=settings.group,
        auto_offset_reset=settings.start,
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        await reader.read(consumer, stop)
    finally:
        await consumer.stop()
    counts = {name: reader.counts[name] for name in ("invalid", *(v.value for v in Verdict))}
    say(event="stopped", **counts)
    return 1 if counts["invalid"] and not stop.is_set() else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(run(read_settings(sys.argv[1:], os.environ))))
