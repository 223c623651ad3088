"""What the API is made of: the ports it is given, real or twins."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ingest_api.auth_oidc import Fetch
from ingest_api.auth_settings import AuthSettings
from ingest_api.limit_settings import Limits
from ingest_api.settings import ApiSettings
from outbound.callbacks import CallbackRules
from storage.audit import AuditLog
from storage.deliveries import DeliveryStore
from storage.key_format import is_well_formed
from storage.limits import LimitStore
from storage.login_attempts import AttemptStore
from storage.ports import AnalysisStore, ApiKeyStore, ImageStore, ResultCache
from storage.tokens import TokenStore
from storage.users import UserStore
from telemetry.metrics import Metrics
from telemetry.spans import UNTRACED, Tracer
from topics.publisher import EventPublisher
from topics.records import Record
from topics.tail import EventTail


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """The API starts publisher and tail, and closes all of them when it stops.

    `make_tail` gets what to call for each record of the result topics. `clock` answers aware
    datetimes; `new_id` UUIDs that grow with time. `sealing_secret` is at least 32 bytes.
    `fetch_issuer_keys` is what gets the keys of somebody else's issuer, where there is one.
    `api_keys` are asked about texts that `may_be_key` lets pass, no others.
    """

    settings: ApiSettings
    images: ImageStore
    analyses: AnalysisStore
    deliveries: DeliveryStore
    api_keys: ApiKeyStore
    users: UserStore
    tokens: TokenStore
    cache: ResultCache
    publisher: EventPublisher
    make_tail: Callable[[Callable[[Record], None]], EventTail]
    metrics: Metrics
    audit: AuditLog
    limit_store: LimitStore
    limits: Limits
    attempts: AttemptStore
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    sealing_secret: bytes
    callbacks: CallbackRules = field(default_factory=CallbackRules)
    auth: AuthSettings = field(default_factory=AuthSettings)
    fetch_issuer_keys: Fetch | None = None
    may_be_key: Callable[[str], bool] = is_well_formed
    tracer: Tracer = UNTRACED
