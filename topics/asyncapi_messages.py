"""The messages of the AsyncAPI document: headers, body, key and examples."""

import json
from importlib import resources
from typing import Any, Final

from schemas.contract import RequestEvent
from schemas.events import InboxEvent
from schemas.json_schemas import JsonSchema
from topics.asyncapi_headers import KEY, headers_of
from topics.asyncapi_roles import Role, message_name, role_of
from topics.asyncapi_sentences import ANY_KEY, ORIGINAL_KEY, ORIGINAL_VALUE, REQUEST_KEY, TOPICS
from topics.catalog import IMAGE_SUBMITTED, LOG_IDENTITY, Topic, topic_of

BINDING_VERSION: Final = "0.5.0"
_MOMENT_MS: Final = "1767225600000"
RETRY_HEADERS: Final = {"retry-not-before": _MOMENT_MS, "retry-rounds": "1"}
DLQ_HEADERS: Final = {
    "dlq-reason": "retries_exhausted",
    "dlq-error-message": "no model could be loaded",
    "dlq-topic": IMAGE_SUBMITTED.name,
    "dlq-partition": "2",
    "dlq-offset": "1042",
    "dlq-timestamp": _MOMENT_MS,
    "dlq-group": IMAGE_SUBMITTED.groups[0],
    "dlq-attempts": "3",
    "dlq-failed-at": "2026-01-01T00:01:40+00:00",
}
_UUID: Final[JsonSchema] = {"type": "string", "format": "uuid"}


def message(topic: Topic) -> dict[str, Any]:
    """The message of a topic; topics of one `message_name` have equal ones."""
    role = role_of(topic)
    if role is Role.DEAD_LETTER:
        made = _set_aside()
    elif topic.event is not None:
        made = _of_event(topic.event, role)
    elif topic == LOG_IDENTITY:
        made = _identity()
    else:
        raise LookupError(f"{topic.name}: carries no event; say in {__name__} what it carries")
    return {"name": message_name(topic), **made}


def _of_event(event: type[RequestEvent] | type[InboxEvent], role: Role) -> dict[str, Any]:
    home = topic_of(event).name
    said = TOPICS[home]
    is_retry = role is Role.RETRY
    key = KEY | {"description": ANY_KEY if role is Role.INBOX else REQUEST_KEY}
    return {
        "title": f"{said.title} (again)" if is_retry else said.title,
        "summary": said.summary,
        "contentType": "application/json",
        "correlationId": {"location": "$message.header#/ce_subject"},
        "headers": headers_of(event, role),
        "payload": {"$ref": f"#/components/schemas/{home}"},
        "bindings": _keyed_by(key),
        "examples": _examples(home, RETRY_HEADERS if is_retry else {}),
    }


def _set_aside() -> dict[str, Any]:
    return {
        "title": "A record set aside",
        "summary": "The refused record with its key, value and headers, and why it was refused.",
        "contentType": "application/octet-stream",
        "headers": {"$ref": "#/components/schemas/headers-dead-letter"},
        "payload": {"description": ORIGINAL_VALUE},
        "bindings": _keyed_by({"description": ORIGINAL_KEY}),
        "examples": _examples(IMAGE_SUBMITTED.name, DLQ_HEADERS),
    }


def _identity() -> dict[str, Any]:
    said = TOPICS[LOG_IDENTITY.name]
    return {
        "title": said.title,
        "summary": said.summary,
        "contentType": "text/plain",
        "payload": _UUID | {"description": "The identity."},
        "bindings": _keyed_by(_UUID | {"description": "The identity again."}),
        "examples": [{"name": "valid", "payload": "0197a3c2-7a55-7c1e-9d52-4f1f6f2f8a10"}],
    }


def _keyed_by(key: JsonSchema) -> dict[str, Any]:
    return {"kafka": {"key": key, "bindingVersion": BINDING_VERSION}}


def _examples(home: str, added: dict[str, str]) -> list[dict[str, Any]]:
    """The valid examples of an event, with what a retry or a dead letter adds to them."""
    folder = resources.files("schemas") / "examples" / home
    files = sorted(folder.iterdir(), key=lambda file: file.name) if folder.is_dir() else []
    return [
        _example(file.name.removesuffix(".json"), json.loads(file.read_text("utf-8")), added)
        for file in files
        if file.name.startswith("valid")
    ]


def _example(name: str, record: dict[str, Any], added: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "headers": record["headers"] | added, "payload": record["body"]}
