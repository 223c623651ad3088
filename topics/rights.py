"""Ask the broker whether a user may do what a process is about to live on, before it starts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import HeartbeatRequest
from aiokafka.protocol.produce import ProduceRequest

from topics.broker_admin import ask_any_broker, broker_admin, hidden_topics
from topics.catalog import ALL, Topic
from topics.errors import BrokerRefusesError
from topics.refusals import Operation, missing_right
from topics.settings import KafkaSettings

_NOWHERE = 2**62
"""An offset that no partition has come to."""
_A_GROUP = 0
"""What is coordinated; 1 would be a transaction."""


@dataclass(frozen=True, slots=True)
class Rights:
    """Names of topics to describe, to read and to write, and of consumer groups to be in and to
    look at."""

    describe: Collection[str] = ()
    read: Collection[str] = ()
    write: Collection[str] = ()
    groups: Collection[str] = ()
    watch: Collection[str] = ()


def rights_to_work(topics: Sequence[Topic]) -> Rights:
    """What every consumer of those topics needs, with the topics for what it cannot finish: a user
    who may not write them would find out on the day of the first bad record only."""
    there = {topic.name for topic in ALL}
    aside = [name for topic in topics for name in (topic.retry_name, topic.dead_letter_name)]
    return Rights(
        read=[topic.name for topic in topics],
        write=[name for name in aside if name in there],
        groups=sorted({group for topic in topics for group in topic.groups}),
    )


async def require_rights(settings: KafkaSettings, wanted: Rights) -> None:
    """Nothing is read, written, created or joined by asking: a broker that allows it has another
    reason to decline, and any broker of a cluster looks at the right first. Where nobody logs in
    there are no rights, and nothing is asked.

    Raises BrokerRefusesError that names all that is missing, and LogUnavailableError.
    """
    if not settings.uses_sasl:
        return
    async with broker_admin(settings) as client:
        lacking: list[tuple[Operation, str, list[str]]] = [
            ("Describe", "topic", await hidden_topics(client, wanted.describe)),
            ("Read", "topic", await _unreadable(client, wanted.read)),
            ("Write", "topic", await _unwritable(client, wanted.write)),
            ("Read", "group", await _closed(client, wanted.groups)),
            ("Describe", "group", await _unseen(client, wanted.watch)),
        ]
    refused = [
        missing_right(settings, what, kind, *names) for what, kind, names in lacking if names
    ]
    if refused:
        raise BrokerRefusesError("; ".join(map(str, refused)))


async def _unreadable(client: AIOKafkaAdminClient, topics: Collection[str]) -> list[str]:
    """To fetch from where there is nothing. The right is looked at before the offset is."""
    wanted = [(name, [(0, _NOWHERE, 1)]) for name in topics]
    answer = await ask_any_broker(client, FetchRequest(0, 0, 1, 0, wanted))
    return _refused_in(answer.topics)


async def _unwritable(client: AIOKafkaAdminClient, topics: Collection[str]) -> list[str]:
    """To write no record at all, which no broker takes."""
    wanted = [(name, [(0, b"")]) for name in topics]
    answer = await ask_any_broker(client, ProduceRequest(None, -1, 1000, wanted))
    return _refused_in(answer.topics)


async def _closed(client: AIOKafkaAdminClient, groups: Collection[str]) -> list[str]:
    """The heartbeat of a member that the group does not have."""
    answers = {
        group: await ask_any_broker(client, HeartbeatRequest(group, -1, "nobody"))
        for group in groups
    }
    return [
        group
        for group, answer in answers.items()
        if answer.error_code == GroupAuthorizationFailedError.errno
    ]


async def _unseen(client: AIOKafkaAdminClient, groups: Collection[str]) -> list[str]:
    """To be told who coordinates the group."""
    answers = {
        group: await ask_any_broker(client, FindCoordinatorRequest(group, _A_GROUP))
        for group in groups
    }
    return [
        group
        for group, answer in answers.items()
        if answer.error_code == GroupAuthorizationFailedError.errno
    ]


def _refused_in(topics: Iterable[Any]) -> list[str]:
    return [
        name
        for name, partitions in topics
        if any(code == TopicAuthorizationFailedError.errno for _, code, *_ in partitions)
    ]
