"""The inboxes as twins: producers with credentials, their records, and the processor."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from outbound.callbacks import CallbackRules
from processors.admit import AdmitRequest
from processors.inbox_checks import InboxLimits
from processors.producers import Producers
from processors.room import InboxRoom
from schemas.events import ImageRequestedInbox, ImageSubmittedInbox, InboxEvent
from storage.api_keys_memory import MemoryApiKeyStore
from storage.key_format import hash_api_key
from storage.known_keys import KnownKeys
from storage.ports import ApiKey, KeyNote
from tests.support.events import (
    TRACEPARENT,
    image_requested_inbox,
    image_submitted_inbox,
    new_request_id,
    placed,
)
from tests.unit.processors.bench import Bench
from topics.catalog import topic_named
from topics.codec import Envelope, decode, encode_inbox
from topics.records import Record

SECRETS = {"acme": "the-secret-of-acme", "globex": "the-secret-of-globex"}
PICTURE = b"\xff\xd8\xff\xe0 a picture by its first bytes"
LIMITS = InboxLimits(
    max_image_bytes=1000,
    deadline_default=timedelta(hours=1),
    deadline_most=timedelta(days=1),
    fetch_allow_networks=(ip_network("10.1.0.0/16"),),
    callbacks=CallbackRules(is_on=True),
)


@dataclass(frozen=True, slots=True)
class Admission:
    bench: Bench
    admit: AdmitRequest

    async def take(self, record: Record) -> None:
        """As the guard hands it over."""
        await self.admit(envelope_of(record))

    async def put(self, event: ImageSubmittedInbox, content: bytes = PICTURE) -> None:
        await self.bench.images.put(
            event.object_key, io.BytesIO(content),
            size_bytes=len(content), content_type=event.content_type,
        )  # fmt: skip

    def refused(self, principal: str, reason: str) -> float:
        """How often that was counted."""
        labels = {"principal": principal, "reason": reason}
        return self.bench.count("analyzer_inbox_refused_total", **labels)

    def announced(self) -> list[Record]:
        """What is to be worked."""
        work = ("image-requested", "image-submitted")
        names = [*work, *(f"{name}-bulk" for name in work)]
        return [record for name in names for record in self.bench.written(name)]


async def admission(
    bench: Bench,
    *,
    bound: Mapping[str, str] | None = None,
    max_unfinished: int = 1000,
    limits: InboxLimits = LIMITS,
) -> Admission:
    """Both tenants have a key."""
    store = MemoryApiKeyStore()
    for tenant_id, secret in SECRETS.items():
        key = ApiKey(f"key-of-{tenant_id}", tenant_id)
        await store.add_api_key(key, hash_api_key(secret), note=KeyNote("test"))
    keys = KnownKeys(store, hit_s=30, miss_s=2, may_be_key=bool)
    processor = AdmitRequest(
        producers=Producers(keys, bound=bound or {}),
        images=bench.images, analyses=bench.analyses, publisher=bench.publisher,
        room=InboxRoom(bench.analyses, limit=max_unfinished), limits=limits,
        metrics=bench.metrics, clock=bench.clock,
    )  # fmt: skip
    return Admission(bench, processor)


def asked(**fields: Any) -> ImageRequestedInbox:
    """A picture at an address."""
    return image_requested_inbox(**fields)


def brought(
    tenant_id: str = "acme", content: bytes = PICTURE, **fields: Any
) -> ImageSubmittedInbox:
    """A picture in the bucket; it is not put there."""
    claims = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    return image_submitted_inbox(tenant_id, **(claims | fields))


def inbox_record(
    event: InboxEvent,
    tenant_id: str = "acme",
    *,
    credential: str | None = "",
    headers: Mapping[str, str | None] | None = None,
) -> Record:
    """As an outside producer writes it. `credential` is the tenant's own unless it is given; a
    header of None is left out."""
    secret = SECRETS[tenant_id] if credential == "" else credential
    sent = encode_inbox(event, tenant_id, source="camera", credential=secret)
    changed = {"traceparent": TRACEPARENT} | dict(headers or {})
    kept = [header for header in sent.headers if header[0] not in changed]
    added = [(name, text.encode()) for name, text in changed.items() if text is not None]
    return replace(placed(sent), headers=(*kept, *added))


def envelope_of(record: Record) -> Envelope:
    return decode(record, topic_named(record.topic))


def another_key(tenant_id: str = "acme") -> str:
    """Of a request that the record is not about."""
    return f"{tenant_id}/{new_request_id()}"
