"""The headers of records, as schemas of the AsyncAPI document."""

from typing import Any, Final

from schemas.contract import RequestEvent
from schemas.events import InboxEvent
from schemas.json_schemas import JsonSchema
from topics.asyncapi_fields import HEADERS
from topics.asyncapi_roles import Role
from topics.catalog import event_type

_REQUEST_KEY: Final = (
    r"^[a-z0-9][a-z0-9_-]{0,62}/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
)
KEY: Final[JsonSchema] = {"type": "string", "pattern": _REQUEST_KEY}
_TEXT: Final[JsonSchema] = {"type": "string", "minLength": 1}
_COUNT: Final[JsonSchema] = {"type": "string", "pattern": "^[0-9]+$"}
_MOMENT: Final[JsonSchema] = {"type": "string", "format": "date-time"}
_FORMS: Final[dict[str, JsonSchema]] = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_time": _MOMENT,
    "ce_subject": KEY,
    "content-type": {"type": "string", "const": "application/json"},
    "traceparent": {"type": "string", "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-"},
    "authorization": {"type": "string", "pattern": "^Bearer .+$"},
    "retry-not-before": _COUNT,
    "retry-rounds": _COUNT,
    "dlq-partition": _COUNT,
    "dlq-offset": _COUNT,
    "dlq-timestamp": {"type": "string", "pattern": "^-?[0-9]+$"},
    "dlq-attempts": _COUNT,
    "dlq-failed-at": _MOMENT,
    "dlq-replays": _COUNT,
    "dlq-content": {"type": "string", "const": "kafka-record-batch"},
    "dlq-first-offset": _COUNT,
    "dlq-size-bytes": _COUNT,
    "dlq-sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}

_IDENTITY: Final = ("ce_specversion", "ce_id", "ce_source", "ce_type")
_REQUEST: Final = ("ce_subject", "ce_tenantid")
_TRACE: Final = ("traceparent", "tracestate")
_DLQ: Final = tuple(name for name in HEADERS if name.startswith("dlq-"))
_DLQ_SOMETIMES: Final = (
    "dlq-error-message",
    "dlq-error-class",
    "dlq-tenantid",
    "dlq-replays",
    "dlq-object-key",
    "dlq-content",
    "dlq-first-offset",
    "dlq-size-bytes",
    "dlq-sha256",
)
_DLQ_ALWAYS: Final = tuple(name for name in _DLQ if name not in _DLQ_SOMETIMES)


def _object(required: tuple[str, ...], optional: tuple[str, ...] = ()) -> JsonSchema:
    described: dict[str, Any] = {
        name: {**_FORMS.get(name, _TEXT), "description": HEADERS[name]}
        for name in HEADERS
        if name in required or name in optional
    }
    return {"type": "object", "required": list(required), "properties": described}


SCHEMAS: Final[dict[str, JsonSchema]] = {
    "headers-written": _object((*_IDENTITY, "ce_time", *_REQUEST, "content-type"), _TRACE)
    | {"description": "What our own processes write."},
    "headers-inbox": _object(
        (*_IDENTITY, "authorization"), ("ce_time", *_REQUEST, "content-type", *_TRACE)
    )
    | {
        "description": "What outside producers write. `ce_subject` and `ce_tenantid` may be left "
        "out; when they are there, they must name the credential's tenant and the request."
    },
    "headers-retry": _object(("retry-not-before", "retry-rounds")),
    "headers-dead-letter": _object(_DLQ_ALWAYS, _DLQ_SOMETIMES)
    | {
        "description": "The headers of the refused record stay as they were, whatever they are, "
        "except that a credential in `authorization` is redacted. These are added."
    },
}


def headers_of(event: type[RequestEvent] | type[InboxEvent], role: Role) -> JsonSchema:
    """The headers of a record that carries an event."""
    base = [_reference("headers-inbox" if role is Role.INBOX else "headers-written")]
    if role is Role.RETRY:
        base.append(_reference("headers-retry"))
    kind = {"type": "string", "const": event_type(event)}
    return {"type": "object", "allOf": base, "properties": {"ce_type": kind}}


def _reference(name: str) -> JsonSchema:
    return {"$ref": f"#/components/schemas/{name}"}
