"""Create the topics of the catalog, and say in which way a broker's differ from it."""

import asyncio
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, TopicAuthorizationFailedError, for_code

from topics.broker_admin import broker_admin, partition_numbers
from topics.catalog import ALL, LOG_IDENTITY, Topic
from topics.configuration_check import deviations, losses, read_configurations
from topics.errors import LogUnavailableError
from topics.identity import has_identity, write_identity
from topics.refusals import missing_right
from topics.rights import Rights, require_rights
from topics.settings import KafkaSettings
from topics.topic_configuration import configuration_of

_PAUSE_S = 0.05


async def create_topics(settings: KafkaSettings) -> list[str]:
    """Create what is missing, wait until the broker shows it, then give the log its identity. The
    names created; a repeat creates nothing. Raises LogUnavailableError."""
    async with broker_admin(settings) as client:
        present = set(await client.list_topics())
        missing = [topic for topic in ALL if topic.name not in present]
        if missing:
            await _create(client, [_to_new_topic(topic, settings) for topic in missing], settings)
    if not await has_identity(settings):
        await write_identity(settings)
    return [topic.name for topic in missing]


async def verify_topics(settings: KafkaSettings) -> list[str]:
    """What is wrong, one line each naming the topic; empty when all is well. Needs the right to see
    the configuration of topics, which no process needs that only works them.
    Raises LogUnavailableError."""
    problems = await verify_presence(settings)
    async with broker_admin(settings) as client:
        present = set(await client.list_topics())
        names = [topic.name for topic in ALL if topic.name in present]
        found = await read_configurations(client, settings, names)
    for topic in ALL:
        if topic.name in found:
            problems += deviations(topic, found[topic.name])
    return problems


async def verify_to_start(settings: KafkaSettings, topics: Sequence[Topic] = ALL) -> list[str]:
    """Only what nothing may be started without: the topics, their partitions, the log's identity,
    and no configuration by which anything would be lost. Raises LogUnavailableError, also for a
    user who may not look at the configuration."""
    problems = await verify_presence(settings, topics)
    async with broker_admin(settings) as client:
        present = set(await client.list_topics())
        names = [topic.name for topic in topics if topic.name in present]
        found = await read_configurations(client, settings, names)
    for topic in topics:
        if topic.name in found:
            problems += losses(topic, found[topic.name])
    return problems


async def verify_presence(settings: KafkaSettings, topics: Sequence[Topic] = ALL) -> list[str]:
    """The topics, their partitions, the log's identity. Raises LogUnavailableError."""
    names = [topic.name for topic in topics]
    await require_rights(settings, Rights(describe=names))  # else unseen
    async with broker_admin(settings) as client:
        found = await partition_numbers(client, names)
    problems = [
        problem
        for topic in topics
        if (problem := _compare(topic, len(found.get(topic.name, ())), settings)) is not None
    ]
    if not problems and not await has_identity(settings):
        problems.append(
            f"{LOG_IDENTITY.name}: holds no identity; run `image-analyzer topics create`"
        )
    return problems


def _compare(topic: Topic, partitions: int, settings: KafkaSettings) -> str | None:
    wanted = _partitions_of(topic, settings)
    if partitions == 0:
        return f"{topic.name}: does not exist; run `image-analyzer topics create`"
    if partitions < wanted:
        return f"{topic.name}: {partitions} partitions, {wanted} declared"
    return None


def _partitions_of(topic: Topic, settings: KafkaSettings) -> int:
    return 1 if topic.single_partition else settings.partitions


def _to_new_topic(topic: Topic, settings: KafkaSettings) -> NewTopic:
    own = {"min.insync.replicas": str(settings.min_insync_replicas)}
    return NewTopic(
        topic.name, _partitions_of(topic, settings), settings.replication_factor,
        topic_configs=configuration_of(topic) | own,
    )  # fmt: skip


async def _create(
    client: AIOKafkaAdminClient, topics: Sequence[NewTopic], settings: KafkaSettings
) -> None:
    answer = await client.create_topics(list(topics))
    codes = {entry[0]: for_code(entry[1]) for entry in answer.topic_errors}
    refused = [name for name, error in codes.items() if error is TopicAuthorizationFailedError]
    if refused:
        raise missing_right(settings, "Create", "topic", *refused)
    for name, code, message in (entry[:3] for entry in answer.topic_errors):
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise LogUnavailableError(f"cannot create {name}: {message or for_code(code)}")
    wanted = {topic.name for topic in topics}
    while wanted - set(await client.list_topics()):  # noqa: ASYNC110 - brokers cannot notify
        await asyncio.sleep(_PAUSE_S)
