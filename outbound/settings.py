"""Settings of webhooks: what both the doors that take a callback and the processor that calls it
are told."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class WebhookSettings(BaseModel):
    """`master_secret` (at least 32 characters) is what the secrets of all tenants are derived
    from: without one `callback_url` is refused, and nothing is delivered. Another one is another
    secret for every tenant at once. `allow_http` takes callbacks over plain http as well.

    An attempt ends after `timeout_s`; who makes it has the delivery for `lease_s`, then another
    may try. A failed one is tried again after `first_pause_s`, then twice that and so on to
    `longest_pause_s`, each up to a half less at random; a `Retry-After` counts up to
    `longest_pause_s`. After `give_up_after_s` or `max_attempts` it is dead. One process has
    `max_in_flight` in work at most, `max_per_tenant` of one tenant, `max_per_receiver` of one host
    of a tenant; it looks for work every `poll_every_s`. What was finished is forgotten after
    `keep_s`. After a rotation the old secret signs too for `overlap_s`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    master_secret: Annotated[SecretStr, Field(min_length=32)] | None = None
    allow_http: bool = False
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    lease_s: Annotated[float, Field(gt=0)] = 60.0
    poll_every_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    first_pause_s: Annotated[float, Field(gt=0)] = 5.0
    longest_pause_s: Annotated[float, Field(gt=0)] = 3600.0
    give_up_after_s: Annotated[float, Field(gt=0)] = 86_400.0
    max_attempts: Annotated[int, Field(ge=1, le=1000)] = 50
    max_in_flight: Annotated[int, Field(ge=1, le=1000)] = 64
    max_per_tenant: Annotated[int, Field(ge=1)] = 16
    max_per_receiver: Annotated[int, Field(ge=1)] = 4
    keep_s: Annotated[float, Field(gt=0)] = 30 * 86_400.0
    overlap_s: Annotated[float, Field(ge=0)] = 86_400.0

    @model_validator(mode="after")
    def _outlives_an_attempt(self) -> Self:
        if self.lease_s < 2 * self.timeout_s:
            raise ValueError("lease_s must be at least twice timeout_s")
        if self.longest_pause_s < self.first_pause_s:
            raise ValueError("longest_pause_s must not be shorter than first_pause_s")
        return self
