"""Dead letters as the operator reads them: what was refused, why, and what it was before."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from topics.broker_admin import read_partitions
from topics.catalog import Topic, topic_named
from topics.closing import close_client
from topics.dead_letters import REPLAYS
from topics.history import bounds_of, make_reader, read_until
from topics.identity import read_identity
from topics.records import OutgoingRecord, Record
from topics.refusals import explain
from topics.retries import origin_of
from topics.settings import KafkaSettings
from topics.tail import to_record
from topics.tolerant import start_tolerant

MOST_REPLAYS = 3
_STEP_S = 20.0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`origin` is the topic that the record was on; `tenant_id` is empty and `request_id` None when
    the record does not say, or when what it says was not to be believed."""

    record: Record
    origin: Topic

    def about(self, name: str) -> str:
        """What a `dlq-*` header says; empty when there is none."""
        return self.record.header(f"dlq-{name}") or ""

    @property
    def place(self) -> tuple[str, int, int]:
        return self.record.topic, self.record.partition, self.record.offset

    @property
    def replays(self) -> int:
        text = self.record.header(REPLAYS) or "0"
        return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else MOST_REPLAYS

    @property
    def failed_at(self) -> datetime:
        try:
            return datetime.fromisoformat(self.about("failed-at")).astimezone(UTC)
        except ValueError:
            return self.record.at

    @property
    def tenant_id(self) -> str:
        return self.about("tenantid") if self.origin.is_inbox else self._named[0]

    @property
    def request_id(self) -> UUID | None:
        tenant_id, request_id = self._named
        return request_id if tenant_id == self.tenant_id else None

    @property
    def _named(self) -> tuple[str, UUID | None]:
        tenant_id, _, text = (self.record.key or b"").decode("utf-8", "replace").partition("/")
        try:
            return tenant_id, UUID(text)
        except ValueError:
            return "", None

    def without_value(self) -> "DeadLetter":
        """As it is listed: thirty days of values are more than a terminal's process should hold."""
        return replace(self, record=replace(self.record, value=None))

    def original(self, value: bytes | None) -> OutgoingRecord:
        """The record as it was, on its way back to the topic it came from: with all its tries, and
        one more replay counted on it."""
        kept = tuple(
            each for each in self.record.headers if not each[0].startswith(("dlq-", "retry-"))
        )
        count = ((REPLAYS, str(self.replays + 1).encode()),)
        return OutgoingRecord(self.origin.name, self.record.key, value, kept + count)


def to_letter(record: Record) -> DeadLetter:
    """Of any record of a dead-letter topic, also one that somebody else put there."""
    named = record.header("dlq-topic") or ""
    home = record.topic.removesuffix("-dlq")
    origin = origin_of(named)
    return DeadLetter(record, topic_named(origin if origin == home else home))


async def read_letters(
    settings: KafkaSettings, topics: Sequence[Topic], *, since: datetime | None
) -> AsyncIterator[DeadLetter]:
    """All that lie in those dead-letter topics now, oldest first within a partition. Raises
    LogUnavailableError."""
    consumer = make_reader(settings)
    try:
        await asyncio.wait_for(start_tolerant(consumer), _STEP_S)
        names = [topic.name for topic in topics]
        places = [TopicPartition(*at) for at in await read_partitions(settings, names)]
        ends = await _seek(consumer, places, since)
        async for record in read_until(consumer, ends):
            yield to_letter(record)
    except (KafkaError, OSError, TimeoutError) as error:
        raise await explain(settings, error, "Read") from error
    finally:
        await close_client(consumer)


async def read_letter(settings: KafkaSettings, place: tuple[str, int, int]) -> DeadLetter | None:
    """The one at that place; None when there is none. Raises LogUnavailableError."""
    topic, partition, offset = place
    consumer = make_reader(settings)
    try:
        await asyncio.wait_for(start_tolerant(consumer), _STEP_S)
        at = TopicPartition(topic, partition)
        if (topic, partition) not in await read_partitions(settings, [topic]):
            return None
        consumer.assign([at])
        first = await asyncio.wait_for(consumer.beginning_offsets([at]), _STEP_S)
        last = await asyncio.wait_for(consumer.end_offsets([at]), _STEP_S)
        if not first[at] <= offset < last[at]:
            return None
        consumer.seek(at, offset)
        record = to_record(await asyncio.wait_for(consumer.getone(at), _STEP_S))
        return to_letter(record) if record.offset == offset else None
    except (KafkaError, OSError, TimeoutError) as error:
        raise await explain(settings, error, "Read") from error
    finally:
        await close_client(consumer)


async def identity_of_log(settings: KafkaSettings) -> str:
    """Raises LogUnavailableError."""
    consumer = make_reader(settings)
    try:
        await asyncio.wait_for(start_tolerant(consumer), _STEP_S)
        return await read_identity(consumer)
    except (KafkaError, OSError, TimeoutError) as error:
        raise await explain(settings, error, "Read") from error
    finally:
        await close_client(consumer)


async def _seek(
    consumer: AIOKafkaConsumer, places: Sequence[TopicPartition], since: datetime | None
) -> dict[TopicPartition, int]:
    """Where each partition ends that has anything to read."""
    starts, ends = await bounds_of(consumer, places)
    if since is not None:
        from_ms = max(0, int(since.timestamp() * 1000))  # the client refuses what is before 1970
        asked = consumer.offsets_for_times(dict.fromkeys(places, from_ms))
        found = await asyncio.wait_for(asked, _STEP_S)
        starts = {at: ends[at] if found[at] is None else found[at].offset for at in places}
    for place in places:
        consumer.seek(place, starts[place])
    return {place: ends[place] for place in places if starts[place] < ends[place]}
