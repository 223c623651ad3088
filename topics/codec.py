"""Events to records and back: CloudEvents 1.0 over Kafka in binary mode, JSON bodies.

Specification: CloudEvents Kafka Protocol Binding 1.0.2, section 3.2.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

from pydantic import ValidationError

from schemas.contract import Contract, RequestEvent, RequestFact
from schemas.events import InboxEvent
from topics.catalog import WORK_BYTES, Topic, event_type, topic_of
from topics.errors import InvalidMessageError
from topics.records import OutgoingRecord, Record
from topics.sealed import NOT_UTF8, LargeValue, UnreadableBatch

_NAMESPACE = UUID("5f0ddd4c-9d5d-5c8e-8a0e-5b6c7c1d7f10")
_ALWAYS = ("ce_specversion", "ce_id", "ce_source", "ce_type")
_REQUIRED = (*_ALWAYS, "ce_subject", "ce_tenantid")
_TRACEPARENT = re.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
CREDENTIAL = "authorization"
"""The header in which outside producers say who they are."""


class Meant(Contract):
    """As much of an inbox event as it takes to answer its producer."""

    request_id: UUID


@dataclass(frozen=True, slots=True)
class Claims:
    """What a stranger's record says of itself, none of it believed yet: the credential, the request
    keys it names and the tenants."""

    credential: str | None
    keys: frozenset[str]
    tenants: frozenset[str]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A decoded event with what its headers say of it; `claims` come with an inbox event only."""

    event: RequestEvent | InboxEvent
    event_id: str
    traceparent: str | None
    claims: Claims | None = None


def event_id(event: RequestEvent) -> str:
    """The same for every repeat of the same fact: a consumer removes duplicates by it."""
    return str(uuid5(_NAMESPACE, f"{event.key}\x1f{event_type(type(event))}"))


def encode(
    event: RequestEvent, topic: Topic, *, source: str, traceparent: str | None
) -> OutgoingRecord:
    headers: list[tuple[str, bytes | None]] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id(event).encode()),
        ("ce_source", source.encode()),
        ("ce_type", event_type(type(event)).encode()),
        ("ce_time", _now()),
        ("ce_subject", event.key.encode()),
        ("ce_tenantid", event.tenant_id.encode()),
        ("content-type", b"application/json"),
    ]
    if traceparent is not None:
        headers.append(("traceparent", traceparent.encode()))
    return OutgoingRecord(topic.name, event.key.encode(), event.to_json(), tuple(headers))


def encode_inbox(
    event: InboxEvent, tenant_id: str, *, source: str, credential: str | None
) -> OutgoingRecord:
    """What an outside producer sends; `ce_id` is the same for every repeat of the request."""
    kind, key = event_type(type(event)), f"{tenant_id}/{event.request_id}"
    headers: list[tuple[str, bytes | None]] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(uuid5(_NAMESPACE, f"{key}\x1f{kind}")).encode()),
        ("ce_source", source.encode()),
        ("ce_type", kind.encode()),
        ("ce_time", _now()),
        ("ce_subject", key.encode()),
        ("content-type", b"application/json"),
    ]
    if credential is not None:
        headers.append((CREDENTIAL, f"Bearer {credential}".encode()))
    name = topic_of(type(event)).name
    return OutgoingRecord(name, key.encode(), event.to_json(), tuple(headers))


def decode(record: Record, topic: Topic) -> Envelope:
    """The event of a record of `topic`. Headers, key and body must name the same request; of an
    inbox record, which names no tenant, that is left to whoever checks the credential.

    Raises InvalidMessageError with a reason of `size_exceeded`, `headers_invalid`, `type_unknown`,
    `body_invalid`, `key_mismatch`, `batch_unreadable`.
    """
    if isinstance(record.value, UnreadableBatch):
        raise InvalidMessageError("batch_unreadable", record.value.detail)
    headers = _headers(record, _ALWAYS if topic.is_inbox else _REQUIRED)
    body = _body(record, topic)
    if topic.event is None or headers["ce_type"] != event_type(topic.event):
        raise InvalidMessageError("type_unknown", f"ce_type {headers['ce_type'][:100]!r}")
    try:
        event = topic.event.read(body)
    except ValidationError as error:
        raise InvalidMessageError("body_invalid", _first_error(error)) from None
    except RecursionError:
        raise InvalidMessageError("body_invalid", "nested too deeply") from None
    claims = claims_of(record) if isinstance(event, InboxEvent) else None
    if isinstance(event, RequestEvent):
        _check_names(event, record, headers)
    return Envelope(event, headers["ce_id"], trace_of(record), claims)


def request_named_by(record: Record) -> RequestFact | None:
    """Whose request a record is about, by its key and body, however broken the rest may be.

    None when it names none, or is larger than any fact; the key must agree with the body, so that
    nobody's request is failed by a record that only claims to be about it.
    """
    if record.value is None or len(record.value) > WORK_BYTES:
        return None
    try:
        named = RequestFact.read(record.value)
    except (ValidationError, RecursionError):
        return None
    return named if record.key == named.key.encode() else None


def request_id_in(record: Record) -> UUID | None:
    """The request that the body of an inbox record means, however broken the rest of it may be."""
    if record.value is None or len(record.value) > WORK_BYTES:
        return None
    try:
        return Meant.read(record.value).request_id
    except (ValidationError, RecursionError):
        return None


def trace_of(record: Record) -> str | None:
    """The record's trace context, to be handed on; None when it is not one: what a stranger may
    write there at any length must not grow into our own records."""
    text = record.header("traceparent")
    return text if text is not None and _TRACEPARENT.fullmatch(text) else None


def _check_names(event: RequestEvent, record: Record, headers: dict[str, str]) -> None:
    names = {record.key, headers["ce_subject"].encode(), event.key.encode()}
    if len(names) > 1 or headers["ce_tenantid"] != event.tenant_id:
        raise InvalidMessageError("key_mismatch", "key, ce_subject, ce_tenantid and body disagree")


def claims_of(record: Record) -> Claims:
    """What a record of an inbox says of who wrote it."""
    key = None if record.key is None else record.key.decode("utf-8", "replace")
    keys = {name for name in (key, record.header("ce_subject")) if name}
    tenants = {name for name in (record.header("ce_tenantid"),) if name}
    return Claims(record.header(CREDENTIAL), frozenset(keys), frozenset(tenants))


def _now() -> bytes:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z").encode()


def _headers(record: Record, required: tuple[str, ...]) -> dict[str, str]:
    found = {name: record.header(name) for name in required}
    missing = [name for name, value in found.items() if not value]
    if missing:
        raise InvalidMessageError("headers_invalid", f"missing {', '.join(missing)}")
    if broken := [name for name, _ in record.headers if name.startswith(NOT_UTF8)]:
        raise InvalidMessageError("headers_invalid", f"a name is not UTF-8: {broken[0][1:100]}")
    if found["ce_specversion"] != "1.0":
        raise InvalidMessageError("headers_invalid", "ce_specversion is not 1.0")
    return {name: value for name, value in found.items() if value is not None}


def _body(record: Record, topic: Topic) -> bytes:
    if record.value is None:
        raise InvalidMessageError("body_invalid", "no value")
    size = record.value.size_bytes if isinstance(record.value, LargeValue) else len(record.value)
    if size > topic.max_message_bytes:
        raise InvalidMessageError("size_exceeded", f"{size} bytes, limit {topic.max_message_bytes}")
    return record.value


def _first_error(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:200]
    return f"{where}: {first['msg']}"[:500] if where else str(first["msg"])[:500]
