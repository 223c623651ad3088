"""The base of every contract model: frozen, closed when we write, open when we read."""

import json
from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside of the years 1 to 9999 in UTC") from None


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A moment in UTC; a text without an offset is refused."""

TenantId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""Lower-case name of a tenant: safe as a path segment, a header and the head of a record key."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""Lower-case hexadecimal SHA-256."""


class Contract(BaseModel):
    """Frozen. Unknown fields are an error when we build one, and are ignored by `read`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="null"
    )

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Parse what another process wrote; fields added by a newer version are ignored.

        Raises pydantic.ValidationError, also for text that is no JSON, NaN and infinities.
        """
        return cls.model_validate_json(body, extra="ignore")

    def to_json(self) -> bytes:
        """UTF-8 JSON, the exact bytes that travel."""
        return self.__pydantic_serializer__.to_json(self)


class RequestEvent(Contract):
    """What every event of a request carries: which one, and whose it is."""

    request_id: UUID
    tenant_id: TenantId

    @property
    def key(self) -> str:
        """The key of every record of this request: `<tenant_id>/<request_id>`."""
        return f"{self.tenant_id}/{self.request_id}"


class RequestFact(RequestEvent):
    """The event of a request that says when it was accepted: the moment that all derive from."""

    accepted_at: Instant


def canonical_json(value: object) -> bytes:
    """JSON with sorted keys and no white space: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
