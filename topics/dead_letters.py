"""A record set aside: its bytes and headers unchanged, and in `dlq-*` headers why and whence."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from topics.catalog import DEAD_LETTER_BYTES, topic_named
from topics.codec import CREDENTIAL
from topics.records import OutgoingRecord, Record
from topics.retries import origin_of
from topics.sealed import UnreadableBatch

REPLAYS = "dlq-replays"
"""How often the record was replayed: it stays on it, unlike all else that a dead letter adds."""
PARKED = "_dead-letters/"
"""The prefix of what dead-letter topics do not take; no tenant's name begins like it."""
PARKED_AT = "dlq-object-key"
"""Where the value lies in the bucket when no dead-letter topic takes it."""
_REDACTED = b"redacted"
_TEXT_LIMIT = 1024
_HEADER_ALLOWANCE = 64_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why. `error_class` names an exception when it was ours; no stack trace leaves the process.
    `tenant_id` is that of a credential that was checked; empty when none was."""

    reason: str
    message: str
    group: str
    attempts: int
    error_class: str = ""
    tenant_id: str = ""


def dead_letter(record: Record, refusal: Refusal) -> OutgoingRecord:
    """The record for the dead-letter topic of `record.topic`, or of the topic that it retries; a
    credential in it is redacted."""
    why = {
        "dlq-reason": refusal.reason,
        "dlq-error-message": refusal.message[:_TEXT_LIMIT],
        "dlq-error-class": refusal.error_class,
        "dlq-topic": record.topic,
        "dlq-partition": str(record.partition),
        "dlq-offset": str(record.offset),
        "dlq-timestamp": str(record.timestamp_ms),
        "dlq-group": refusal.group,
        "dlq-tenantid": refusal.tenant_id,
        "dlq-attempts": str(refusal.attempts),
        "dlq-failed-at": datetime.now(UTC).isoformat(),
    }
    value = record.value
    if isinstance(value, UnreadableBatch):
        why |= _range_of(value)
        value = None if topic_named(record.topic).is_inbox else bytes(value)
    kept = tuple(
        (name, _REDACTED if name.lower() == CREDENTIAL else value)
        for name, value in record.headers
        if not name.startswith("dlq-") or name == REPLAYS
    )
    added = tuple((name, text.encode("utf-8", "replace")) for name, text in why.items() if text)
    name = topic_named(origin_of(record.topic)).dead_letter_name
    return OutgoingRecord(name, record.key, value, kept + added)


def parked_key(letter: Record) -> str | None:
    """Where the value of that dead letter is, when it is not in it."""
    return letter.header(PARKED_AT)


def fits(letter: OutgoingRecord) -> bool:
    """Whether the dead-letter topic takes it (a small compressed record may hold far more)."""
    size = len(letter.key or b"") + len(letter.value or b"")
    headers = sum(len(name.encode()) + len(value or b"") for name, value in letter.headers)
    return size + headers < DEAD_LETTER_BYTES - _HEADER_ALLOWANCE


def _range_of(batch: UnreadableBatch) -> dict[str, str]:
    """An inbox's batch may hold a credential that cannot be redacted in it: its bytes stay where
    they lie, in the inbox, until that forgets them."""
    return {
        "dlq-first-offset": str(batch.first_offset),
        "dlq-content": "kafka-record-batch",
        "dlq-size-bytes": str(len(batch)),
        "dlq-sha256": hashlib.sha256(batch).hexdigest(),
    }
