"""How much each tier may ask for, and what is taken from addresses."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.roles import Tier
from storage.limits import Rate

PerMinute = Annotated[int, Field(ge=1, le=1_000_000)]
Quota = Annotated[int, Field(ge=1, le=100_000_000)]
"""So that the script in Redis counts exactly: its numbers are doubles."""


class TierLimits(BaseModel):
    """Of one tenant, whatever the number of its keys and users."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_minute: PerMinute
    burst: Quota
    per_day: Quota
    concurrent: Annotated[int, Field(ge=1)]
    streams: Annotated[int, Field(ge=1)]

    @property
    def rate(self) -> Rate:
        return Rate(self.per_minute, self.burst, self.per_day)


class FreeTier(TierLimits):
    """For tenants of the tier `free`."""

    per_minute: PerMinute = 120
    burst: Quota = 60
    per_day: Quota = 5_000
    concurrent: Annotated[int, Field(ge=1)] = 8
    streams: Annotated[int, Field(ge=1)] = 5


class StandardTier(TierLimits):
    """For tenants of the tier `standard`, which is what a new one has. `burst` requests may come at
    once, and come back at `per_minute`; `per_day` slides over 24 hours. All of these count the
    cost: 1 a request, and 1 more for each 5 MB that its body announces. `concurrent` requests in
    work and `streams` of events open are counted by each API process."""

    per_minute: PerMinute = 30_000
    burst: Quota = 10_000
    per_day: Quota = 5_000_000
    concurrent: Annotated[int, Field(ge=1)] = 1_000
    streams: Annotated[int, Field(ge=1)] = 2_000


class PremiumTier(TierLimits):
    """For tenants of the tier `premium`."""

    per_minute: PerMinute = 300_000
    burst: Quota = 100_000
    per_day: Quota = 100_000_000
    concurrent: Annotated[int, Field(ge=1)] = 5_000
    streams: Annotated[int, Field(ge=1)] = 5_000


class AddressLimits(BaseModel):
    """Of one client address, an IPv6 network of 64 bits being one: requests that need no credential
    (but the probes), attempts to log in, and requests that are refused before anybody is known.
    A good credential is let in from any address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    anonymous_per_minute: PerMinute = 300
    login_per_minute: PerMinute = 20
    refused_per_minute: PerMinute = 60


@dataclass(frozen=True, slots=True)
class Limits:
    free: TierLimits = field(default_factory=FreeTier)
    standard: TierLimits = field(default_factory=StandardTier)
    premium: TierLimits = field(default_factory=PremiumTier)
    addresses: AddressLimits = field(default_factory=AddressLimits)

    def of(self, tier: Tier) -> TierLimits:
        return {"free": self.free, "standard": self.standard, "premium": self.premium}[tier]
