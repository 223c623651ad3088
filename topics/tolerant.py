"""The only way a consumer is started: so that no record of a stranger can stop it."""

from types import FunctionType, MethodType

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import READ_UNCOMMITTED, Fetcher

from topics.record_batches import FetchedBatches

_READS_AN_ANSWER = Fetcher._proc_fetch_request  # noqa: SLF001 - the client has no public place for it
_PARSER = "MemoryRecords"


async def start_tolerant(consumer: AIOKafkaConsumer) -> None:
    """Starts it. What it reads may hold the values of `topics.sealed`. Subscribe or assign
    afterwards, so that nothing is read before."""
    await consumer.start()
    read_tolerantly(consumer)


def read_tolerantly(consumer: AIOKafkaConsumer) -> None:
    """Give a started consumer, and no other, our parser: the method of its fetcher that reads the
    broker's answer is the client's own, with another name for the parser in its view."""
    fetcher = consumer._fetcher  # noqa: SLF001 - as above
    if fetcher._isolation_level != READ_UNCOMMITTED:  # noqa: SLF001 - as above
        raise ValueError("aborted transactions are not told apart here: use read_uncommitted")
    view = {**_READS_AN_ANSWER.__globals__, _PARSER: FetchedBatches}
    reads = FunctionType(_READS_AN_ANSWER.__code__, view, _READS_AN_ANSWER.__name__)
    fetcher._proc_fetch_request = MethodType(reads, fetcher)  # noqa: SLF001 - as above
