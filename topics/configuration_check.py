"""How the topics of a broker are configured, and where that differs from the catalog."""

from collections.abc import Iterable, Mapping

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)

from topics.catalog import Topic
from topics.refusals import missing_right
from topics.settings import KafkaSettings
from topics.topic_configuration import configuration_of


async def read_configurations(
    client: AIOKafkaAdminClient, settings: KafkaSettings, names: Iterable[str]
) -> dict[str, dict[str, str]]:
    """By the name of the topic; one that is not there is not in the answer. For use inside of
    `broker_admin`; raises BrokerRefusesError when the configuration may not be looked at."""
    # All values are asked for: the embedded broker hangs up on a question for some.
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answers = await client.describe_configs(resources) if resources else []
    found: dict[str, dict[str, str]] = {}
    hidden: list[str] = []
    for code, _, _, name, entries in (entry for answer in answers for entry in answer.resources):
        error = for_code(code)
        if error is TopicAuthorizationFailedError:
            hidden.append(name)
        elif code and error is not UnknownTopicOrPartitionError:
            raise error(name)
        elif not code:
            found[name] = {entry[0]: entry[1] for entry in entries}
    if hidden:
        raise missing_right(settings, "DescribeConfigs", "topic", *hidden)
    return found


def losses(topic: Topic, found: Mapping[str, str]) -> list[str]:
    """One line for each value by which records would be refused, or gone before their time. More
    room and a longer life than the catalog's are an operator's own affair."""
    wanted = configuration_of(topic)
    return [
        f"{topic.name}: {name} is {found.get(name, 'not set')}, {value} declared; alter the topic"
        for name, value in wanted.items()
        if (name == "cleanup.policy" and found.get(name) != value)
        or (name != "cleanup.policy" and _is_less(found.get(name), value))
    ]


def _is_less(found: str | None, wanted: str) -> bool:
    """Of a broker's numbers, of which -1 is without end."""
    return found is not None and found != "-1" and int(found) < int(wanted)


def deviations(topic: Topic, found: Mapping[str, str]) -> list[str]:
    """One line for each value that is not the catalog's."""
    return [
        f"{topic.name}: {name} is {found.get(name, 'not set')}, {wanted} declared"
        for name, wanted in configuration_of(topic).items()
        if found.get(name) != wanted
    ]
