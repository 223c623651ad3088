"""The example records of the repository, as records."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processors.inbox_checks import check_names
from schemas.events import InboxEvent
from topics.catalog import Topic
from topics.codec import Envelope, decode, encode_inbox, event_id
from topics.records import Record

FOLDER = Path(__file__).parents[3] / "schemas" / "examples"
TENANT = "acme"
"""Whose all examples are; of an inbox, by the credential."""


@dataclass(frozen=True, slots=True)
class Example:
    """One file; `reason` is empty for a valid one, `topic` is the home of its event."""

    topic: str
    name: str
    reason: str
    key: str
    headers: dict[str, str]
    body: Any

    def record(self, topic: str) -> Record:
        headers = tuple((name, value.encode()) for name, value in self.headers.items())
        return Record(topic, 0, 0, 0, self.key.encode(), json.dumps(self.body).encode(), headers)

    def __str__(self) -> str:
        return f"{self.topic}/{self.name}"


def all_examples() -> list[Example]:
    return [_read(path) for path in sorted(FOLDER.glob("*/*.json"))]


def taken(example: Example, topic: Topic) -> Envelope:
    """As the consumer of that topic takes it. Raises InvalidMessageError."""
    envelope = decode(example.record(topic.name), topic)
    if isinstance(envelope.event, InboxEvent):
        assert envelope.claims is not None
        check_names(envelope.event, envelope.claims, TENANT)
    return envelope


def id_of(envelope: Envelope) -> str:
    """The id that our own code writes for that event."""
    event = envelope.event
    if not isinstance(event, InboxEvent):
        return event_id(event)
    sent = dict(encode_inbox(event, TENANT, source="test", credential=None).headers)
    return (sent["ce_id"] or b"").decode()


def _read(path: Path) -> Example:
    found = {"reason": ""} | json.loads(path.read_text(encoding="utf-8"))
    return Example(topic=path.parent.name, name=path.stem, **found)
