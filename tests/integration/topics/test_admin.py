"""Topics are created once whoever asks how often, and every difference is named."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.integration.topics.groups import admin
from tests.support.services.kafka import Kafka
from topics.admin import create_topics, verify_to_start, verify_topics
from topics.catalog import ALL, IMAGE_ANALYZED, LOG_IDENTITY, Topic, topic_named
from topics.errors import LogUnavailableError
from topics.settings import KafkaSettings
from topics.topic_configuration import configuration_of

pytestmark = pytest.mark.kafka
NAMES = [topic.name for topic in ALL]


@pytest.fixture
def spoilt_kafka(empty_kafka: Kafka) -> Iterator[Kafka]:
    """Empty, for topics that are not as they should be; empty again for the next."""
    yield empty_kafka
    empty_kafka.stop()
    empty_kafka.wipe()


async def identities(settings: KafkaSettings) -> list[bytes]:
    place = TopicPartition(LOG_IDENTITY.name, 0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([place])
        consumer.seek(place, 0)
        end = (await consumer.end_offsets([place]))[place]
        return [(await consumer.getone(place)).value for _ in range(end)]
    finally:
        await consumer.stop()


def new_topic(topic: Topic, partitions: int) -> NewTopic:
    return NewTopic(
        topic.name, 1 if topic.single_partition else partitions, 1,
        topic_configs=configuration_of(topic),
    )  # fmt: skip


@asynccontextmanager
async def configured(
    settings: KafkaSettings, topic: Topic, values: dict[str, str]
) -> AsyncIterator[None]:
    """Besides its other values, which are the catalog's; for as long as the block lasts."""
    try:
        await alter(settings, topic, configuration_of(topic) | values)
        yield
    finally:
        await alter(settings, topic, configuration_of(topic))


async def alter(settings: KafkaSettings, topic: Topic, values: dict[str, str]) -> None:
    """Returns when the broker shows it: it acts on a change when it gets round to it."""
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=values)
    async with admin(settings) as client:
        [answer] = await client.alter_configs([resource])
    assert [entry[0] for entry in answer.resources] == [0]
    async with asyncio.timeout(20):
        while not values.items() <= (await configurations(settings))[topic.name].items():  # noqa: ASYNC110 - brokers cannot notify
            await asyncio.sleep(0.05)


async def configurations(settings: KafkaSettings) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in NAMES]
    async with admin(settings) as client:
        answers = await client.describe_configs(resources)
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }


async def test_three_who_create_at_once_agree_and_a_repeat_creates_nothing(
    empty_kafka: Kafka,
) -> None:
    settings = KafkaSettings(bootstrap_servers=empty_kafka.bootstrap_servers)
    created = await asyncio.gather(*(create_topics(settings) for _ in range(3)))
    assert set().union(*created) == set(NAMES)
    assert await verify_topics(settings) == []
    written = await identities(settings)
    assert 1 <= len(written) <= 3

    assert await create_topics(settings) == []
    assert await identities(settings) == written


async def test_what_is_missing_too_small_or_without_identity_is_named(spoilt_kafka: Kafka) -> None:
    settings = KafkaSettings(bootstrap_servers=spoilt_kafka.bootstrap_servers)
    async with admin(settings) as client:
        await client.create_topics([new_topic(IMAGE_ANALYZED, 2)])
        async with asyncio.timeout(20):
            while IMAGE_ANALYZED.name not in await client.list_topics():  # noqa: ASYNC110 - brokers cannot notify
                await asyncio.sleep(0.05)
    problems = await verify_topics(settings)
    assert len(problems) == len(ALL)
    assert "image-analyzed: 2 partitions, 4 declared" in problems
    assert "log-identity: does not exist; run `image-analyzer topics create`" in problems
    assert "image-submitted-dlq: does not exist; run `image-analyzer topics create`" in problems

    two = settings.model_copy(update={"partitions": 2})
    async with admin(settings) as client:
        others = [topic for topic in ALL if topic is not IMAGE_ANALYZED]
        await client.create_topics([new_topic(topic, 2) for topic in others])
    async with asyncio.timeout(20):  # the broker shows new topics when it gets round to it
        while len(await verify_topics(two)) > 1:  # noqa: ASYNC110 - brokers cannot notify
            await asyncio.sleep(0.05)
    assert await verify_topics(two) == [
        "log-identity: holds no identity; run `image-analyzer topics create`"
    ]
    assert await create_topics(two) == []
    assert await verify_topics(two) == []


async def test_more_partitions_than_declared_are_welcome(settings: KafkaSettings) -> None:
    assert await verify_topics(settings.model_copy(update={"partitions": 1})) == []


async def test_the_broker_holds_what_the_catalog_declares(settings: KafkaSettings) -> None:
    found = await configurations(settings)
    for topic in ALL:
        assert found[topic.name]["cleanup.policy"] == topic.cleanup
        assert found[topic.name]["max.message.bytes"] == str(topic.broker_limit_bytes)
        if topic.cleanup == "delete":
            retention_ms = int(topic.retention.total_seconds()) * 1000
            assert found[topic.name]["retention.ms"] == str(retention_ms)


async def test_a_configuration_that_is_not_the_catalog_s_is_named(settings: KafkaSettings) -> None:
    letters = topic_named(IMAGE_ANALYZED.dead_letter_name)
    smaller = {"retention.ms": "86400000", "max.message.bytes": "1000", "cleanup.policy": "compact"}
    async with configured(settings, letters, smaller):
        assert await verify_topics(settings) == [
            "image-analyzed-dlq: cleanup.policy is compact, delete declared",
            "image-analyzed-dlq: max.message.bytes is 1000, 2100000 declared",
            "image-analyzed-dlq: retention.ms is 86400000, 2592000000 declared",
        ]
        assert await verify_to_start(settings) == [
            f"{line}; alter the topic" for line in await verify_topics(settings)
        ]


async def test_another_retention_of_what_is_compacted_is_nobody_s_business(
    settings: KafkaSettings,
) -> None:
    async with configured(settings, LOG_IDENTITY, {"retention.ms": "3600000"}):
        assert await verify_topics(settings) == []


async def test_without_a_broker_it_says_so(kafka_to_break: Kafka) -> None:
    kafka_to_break.stop()
    settings = KafkaSettings(bootstrap_servers=kafka_to_break.bootstrap_servers)
    for ask in (create_topics, verify_topics):
        with pytest.raises(LogUnavailableError):
            await asyncio.wait_for(ask(settings), 10)
