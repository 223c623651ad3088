"""The channels and operations of the AsyncAPI document, one channel for each topic."""

from typing import Any, Final

from topics.asyncapi_messages import BINDING_VERSION
from topics.asyncapi_roles import PUBLIC, Role, message_name, role_of
from topics.asyncapi_sentences import TOPICS, Said
from topics.catalog import Topic
from topics.topic_configuration import configuration_of

_INTERNAL: Final = {"x-internal": True}
_TO_ADMIT: Final = [{"$ref": "#/components/securitySchemes/credential"}]


def channel(topic: Topic) -> dict[str, Any]:
    role = role_of(topic)
    said = _said(topic, role)
    name = message_name(topic)
    return {
        "address": topic.name,
        "title": said.title,
        "summary": said.summary,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "tags": [{"name": role.value}],
        "bindings": {"kafka": _kafka(topic)},
        "x-max-value-bytes": topic.max_message_bytes,
        **({} if role in PUBLIC else _INTERNAL),
    }


def operations(topic: Topic) -> dict[str, dict[str, Any]]:
    """What the application does with a topic: it sends everywhere but into inboxes, and receives
    from everything but dead letters, which are the operator's."""
    role = role_of(topic)
    made = {}
    if role is not Role.INBOX:
        made[f"send-{topic.name}"] = _sending(topic, role)
    if role is not Role.DEAD_LETTER:
        made[f"receive-{topic.name}"] = _receiving(topic, role)
    return made


def _sending(topic: Topic, role: Role) -> dict[str, Any]:
    return {
        "action": "send",
        **_on(topic),
        "summary": f"The application writes `{topic.name}`.",
        **({} if role is Role.RESULT else _INTERNAL),
    }


def _receiving(topic: Topic, role: Role) -> dict[str, Any]:
    made = {"action": "receive", **_on(topic), "summary": _who_reads(topic)}
    if topic.groups:
        groups = {"type": "string", "enum": list(topic.groups)}
        made["bindings"] = {"kafka": {"groupId": groups, "bindingVersion": BINDING_VERSION}}
    return made | ({"security": _TO_ADMIT} if role is Role.INBOX else _INTERNAL)


def _who_reads(topic: Topic) -> str:
    if topic.groups:
        return f"The application reads `{topic.name}` as group {' and '.join(topic.groups)}."
    return f"Every process that needs it reads all of `{topic.name}`, in no group."


def _on(topic: Topic) -> dict[str, Any]:
    at = f"#/channels/{topic.name}"
    return {
        "channel": {"$ref": at},
        "messages": [{"$ref": f"{at}/messages/{message_name(topic)}"}],
    }


def _said(topic: Topic, role: Role) -> Said:
    if role is Role.RETRY:
        origin = topic.name.removesuffix("-retry")
        return Said(
            f"Another try of {origin}",
            f"Records of `{origin}` that wait until `retry-not-before`; then they go back there.",
        )
    if role is Role.DEAD_LETTER:
        origin = topic.name.removesuffix("-dlq")
        return Said(
            f"Set aside from {origin}",
            f"Records of `{origin}` that were refused, unchanged, with the reason in `dlq-*` "
            "headers.",
        )
    return TOPICS[topic.name]


def _kafka(topic: Topic) -> dict[str, Any]:
    """Partitions and replicas are the deployment's, except where the design asks for one."""
    policy = {"cleanup.policy": [topic.cleanup]}
    numbers = configuration_of(topic).items() - {("cleanup.policy", topic.cleanup)}
    configuration = policy | {name: int(value) for name, value in sorted(numbers)}
    return {
        "topic": topic.name,
        **({"partitions": 1} if topic.single_partition else {}),
        "topicConfiguration": configuration,
        "bindingVersion": BINDING_VERSION,
    }
