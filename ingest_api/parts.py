"""What the API is made of: the ports it is given, real or twins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ingest_api.settings import ApiSettings
from storage.audit import AuditLog
from storage.ports import AnalysisStore, ApiKeyStore, ImageStore, ResultCache
from telemetry.metrics import Metrics
from topics.publisher import EventPublisher
from topics.records import Record
from topics.tail import EventTail


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """The API starts publisher and tail, and closes all of them when it stops.

    `make_tail` gets what to call for each record of the result topics. `clock` answers aware
    datetimes; `new_id` UUIDs that grow with time. `sealing_secret` is at least 32 bytes.
    """

    settings: ApiSettings
    images: ImageStore
    analyses: AnalysisStore
    api_keys: ApiKeyStore
    cache: ResultCache
    publisher: EventPublisher
    make_tail: Callable[[Callable[[Record], None]], EventTail]
    metrics: Metrics
    audit: AuditLog
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    sealing_secret: bytes
