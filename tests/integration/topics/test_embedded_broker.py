"""The broker of embedded mode does for our clients what Apache Kafka does."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from tests.integration.topics.conftest import started_publisher, started_tail
from tests.integration.topics.groups import commit, ends, member
from tests.integration.topics.tansu import Tansu
from tests.support.events import analysis_failed, image_submitted, one_of_each, record_of
from tests.support.eventually import eventually
from tests.support.services.ports import free_ports
from topics.admin import create_topics, verify_topics
from topics.catalog import ALL, CONSUMED
from topics.dead_letters import Refusal
from topics.delayed import DelayedForwarder
from topics.errors import LogUnavailableError
from topics.group_offsets import committed_offsets
from topics.horizon import KafkaBacklogClock
from topics.membership import view_group
from topics.positions import Positions
from topics.records import Record
from topics.retries import later
from topics.settings import KafkaSettings

FAR = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def tansu(tmp_path: Path) -> Iterator[Tansu]:
    with Tansu(tmp_path, free_ports(1)[0]) as server:
        yield server


@pytest.fixture
def bare(tansu: Tansu) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=tansu.bootstrap_servers, fetch_max_wait_ms=10)


@pytest.fixture
async def settings(bare: KafkaSettings) -> KafkaSettings:
    await create_topics(bare)
    return bare


async def test_topics_are_verified_created_once_and_found(bare: KafkaSettings) -> None:
    assert len(await verify_topics(bare)) == len(ALL)
    created = await asyncio.gather(*(create_topics(bare) for _ in range(2)))
    assert set().union(*created) == {topic.name for topic in ALL}
    assert await create_topics(bare) == []
    assert await verify_topics(bare) == []
    problems = await verify_topics(bare.model_copy(update={"partitions": 5}))
    assert "image-submitted: 4 partitions, 5 declared" in problems


async def test_a_tail_sees_everything_at_once_and_reads_it_again(
    settings: KafkaSettings, releases: AsyncExitStack
) -> None:
    seen: list[Record] = []
    tail = await started_tail(settings, releases, seen.append)
    publisher = await started_publisher(settings, releases)
    await eventually(lambda: tail.is_connected)
    start = tail.positions
    events = [analysis_failed() for _ in range(20)]
    for event in events:
        await publisher.publish(event)
    await eventually(lambda: len(seen) == 20, within_s=2)
    stop = Positions({})
    for record in seen:
        stop = stop.after(record.topic, record.partition, record.offset)
    again = [record async for record in tail.read_range(start, stop)]
    assert {record.key for record in again} == {event.key.encode() for event in events}
    assert {record.headers for record in again} == {record.headers for record in seen}


async def test_a_tail_starts_where_the_recorder_stands(
    settings: KafkaSettings, releases: AsyncExitStack
) -> None:
    publisher = await started_publisher(settings, releases)
    await publisher.publish(analysis_failed())
    await commit(settings, "recorder", await ends(settings, "analysis-failed"))
    event = analysis_failed()
    await publisher.publish(event)
    seen: list[Record] = []
    await started_tail(settings, releases, seen.append)
    await eventually(lambda: seen)
    assert [record.key for record in seen] == [event.key.encode()]


async def test_the_backlog_is_told(settings: KafkaSettings, releases: AsyncExitStack) -> None:
    clock = KafkaBacklogClock(settings)
    assert await clock.oldest_unfinished(FAR) == FAR
    publisher = await started_publisher(settings, releases)
    began = datetime.now(UTC) - timedelta(milliseconds=1)
    for event in one_of_each():
        await publisher.publish(event)
    assert began <= await clock.oldest_unfinished(FAR) <= datetime.now(UTC)
    for topic in CONSUMED:
        await commit(settings, topic.groups[0], await ends(settings, topic.name))
    assert await clock.oldest_unfinished(FAR) == FAR


async def test_groups_are_told(settings: KafkaSettings) -> None:
    names = ("image-submitted", "image-adopted")
    view = await view_group(settings, "detector", names)
    assert (view.members, view.partitions, view.missing_topics) == (0, 4, ("image-adopted",))
    places = [TopicPartition("image-submitted", number) for number in range(4)]
    assert await committed_offsets(settings, "detector", places) == {}
    async with member(settings, "detector", "image-submitted"):
        assert (await view_group(settings, "detector", names)).members == 1
    await commit(settings, "fetcher", {("image-submitted", 1): 3})
    assert await committed_offsets(settings, "fetcher", places) == {("image-submitted", 1): 3}


async def never_refuse(record: Record, refusal: Refusal) -> None:
    raise AssertionError(f"{record.place} was refused: {refusal}")


async def test_retries_return_to_their_origin(
    settings: KafkaSettings, releases: AsyncExitStack
) -> None:
    publisher = await started_publisher(settings, releases)
    forwarding = asyncio.create_task(DelayedForwarder(settings, publisher, never_refuse).run())
    record = record_of(image_submitted())
    await publisher.forward(later(record, delay_s=0.2, rounds=1))
    try:
        async with asyncio.timeout(20):
            while not sum((await ends(settings, "image-submitted")).values()):
                assert not forwarding.done()
    finally:
        forwarding.cancel()
        with suppress(asyncio.CancelledError):
            await forwarding


async def test_a_restarted_broker_is_another_log(
    settings: KafkaSettings, tansu: Tansu, releases: AsyncExitStack
) -> None:
    seen: list[Record] = []
    tail = await started_tail(settings, releases, seen.append)
    publisher = await started_publisher(settings, releases, budget_s=1)
    await publisher.publish(analysis_failed())
    await eventually(lambda: len(seen) == 1)
    identity = tail.log_identity

    tansu.stop()
    with pytest.raises(LogUnavailableError):
        await publisher.publish(analysis_failed())
    tansu.start()
    await create_topics(settings)
    event = analysis_failed()
    async with asyncio.timeout(20):
        while event.key.encode() not in {record.key for record in seen}:
            with suppress(LogUnavailableError):
                await publisher.publish(event)
            await asyncio.sleep(0.1)
    assert tail.log_identity not in {"", identity}
