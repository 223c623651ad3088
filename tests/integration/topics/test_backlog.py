"""The oldest unfinished record and the members of a group, by a real broker's word."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import TopicPartition

from tests.integration.topics.conftest import started_publisher, started_tail
from tests.integration.topics.groups import commit, ends, member
from tests.support.events import analysis_failed, image_requested, image_submitted
from tests.support.eventually import eventually
from tests.support.services.kafka import Kafka
from topics.admin import create_topics
from topics.catalog import CONSUMED, IMAGE_SUBMITTED_BULK
from topics.errors import LogUnavailableError
from topics.group_offsets import committed_offsets
from topics.horizon import KafkaBacklogClock
from topics.membership import GroupView, view_group
from topics.records import Record
from topics.settings import KafkaSettings

pytestmark = pytest.mark.kafka
FAR = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
async def fresh(empty_kafka: Kafka) -> KafkaSettings:
    """No records and no groups at all."""
    settings = KafkaSettings(bootstrap_servers=empty_kafka.bootstrap_servers)
    await create_topics(settings)
    return settings


async def finish_everything(settings: KafkaSettings) -> None:
    for topic in CONSUMED:
        for group in topic.groups:
            await commit(settings, group, await ends(settings, topic.name))


async def test_the_oldest_record_that_no_group_has_committed_counts(
    fresh: KafkaSettings, releases: AsyncExitStack, tenant: str
) -> None:
    clock = KafkaBacklogClock(fresh)
    assert await clock.oldest_unfinished(FAR) == FAR, "an empty log has no backlog"

    publisher = await started_publisher(fresh, releases)
    began = datetime.now(UTC) - timedelta(milliseconds=1)
    await publisher.publish(image_submitted(tenant))
    written = datetime.now(UTC)
    await publisher.publish(image_requested(tenant))
    oldest = await clock.oldest_unfinished(FAR)
    assert began <= oldest <= written, "a group that has committed nothing has finished nothing"

    await finish_everything(fresh)
    assert await clock.oldest_unfinished(FAR) == FAR
    between = datetime.now(UTC) - timedelta(milliseconds=1)
    await publisher.publish(image_submitted(tenant), topic=IMAGE_SUBMITTED_BULK)
    await publisher.publish(analysis_failed(tenant))
    oldest = await clock.oldest_unfinished(FAR)
    assert between <= oldest <= datetime.now(UTC)

    await finish_everything(fresh)
    assert await clock.oldest_unfinished(FAR) == FAR


async def test_a_backlog_in_the_future_is_no_older_than_now(
    settings: KafkaSettings, releases: AsyncExitStack, tenant: str
) -> None:
    await (await started_publisher(settings, releases)).publish(image_submitted(tenant))
    past = datetime(2000, 1, 1, tzinfo=UTC)
    assert await KafkaBacklogClock(settings).oldest_unfinished(past) == past


async def test_without_topics_or_broker_it_cannot_be_told(empty_kafka: Kafka) -> None:
    settings = KafkaSettings(bootstrap_servers=empty_kafka.bootstrap_servers)
    clock = KafkaBacklogClock(settings)
    with pytest.raises(LogUnavailableError, match="topics missing: image-requested"):
        await clock.oldest_unfinished(FAR)
    empty_kafka.stop()
    with pytest.raises(LogUnavailableError):
        await clock.oldest_unfinished(FAR)


async def test_a_group_is_seen_with_its_members_partitions_and_missing_topics(
    settings: KafkaSettings, group: str
) -> None:
    names = ("image-submitted", "image-adopted")
    assert await view_group(settings, group, names) == GroupView(0, 4, ("image-adopted",))
    async with member(settings, group, "image-submitted"):
        async with member(settings, group, "image-submitted"):
            assert (await view_group(settings, group, names)).members == 2
        assert (await view_group(settings, group, names)).members == 1
    assert (await view_group(settings, group, names)).members == 0


async def test_committed_offsets_are_those_of_the_group(
    settings: KafkaSettings, group: str
) -> None:
    places = [TopicPartition("image-submitted", 2), TopicPartition("image-analyzed", 0)]
    assert await committed_offsets(settings, group, places) == {}
    await commit(settings, group, {("image-submitted", 2): 7, ("image-submitted", 3): 9})
    assert await committed_offsets(settings, group, places) == {("image-submitted", 2): 7}


async def test_a_tail_without_topics_waits_for_them(
    empty_kafka: Kafka, releases: AsyncExitStack
) -> None:
    settings = KafkaSettings(bootstrap_servers=empty_kafka.bootstrap_servers)
    seen: list[Record] = []
    tail = await started_tail(settings, releases, seen.append)
    assert not tail.is_connected
    await create_topics(settings)
    await eventually(lambda: tail.is_connected)
