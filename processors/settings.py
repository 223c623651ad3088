"""Settings of the worker processes."""

import os
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from outbound.own_hosts import HostName
from schemas.contract import TenantId
from topics.catalog import INBOXES


class WorkerSettings(BaseModel):
    """`children` is how many pictures are inferred on at once (null: one per core); `prefetch` how
    many messages of one topic are in work at once, their pictures fetched ahead of inference.
    `fetch_allow_networks` are private networks that picture addresses may point to (none).
    `own_hosts` are the names that the API is reached by, those of its `public_url` and
    `allowed_hosts`: no picture, redirect or callback may be there.
    `inbox_tenants` says of an inbox that one tenant alone may write it, by the broker's own rules:
    `{"image-submitted-inbox": "acme"}`; its records need no credential. An inbox is held while
    `max_unfinished` analyses have no outcome; `deadline_default_s` and `deadline_max_s` are those
    of the API.

    Times: a message is tried `tries` times, `try_pause_s`, then twice that and so on apart, and
    once more after `retry_delay_s`; a dependency that is down is asked every `hold_probe_s`. What
    is in work may end within `drain_s` when partitions are let go, at a stop or a rebalance. The
    group counts a worker as gone that is silent for `session_timeout_s`, or that has not joined
    again within `rebalance_timeout_s`. The worker looks at itself every `live_every_s` and ends, to
    be started again, when it has been out of its group for `live_grace_s` or has stood still for
    `stuck_after_s`. A stop that hangs ends with the process after `stop_deadline_s`. Objects that
    have no request `reap_after_s` after they were stored are deleted; a page of the bucket is
    looked through every `reap_every_s`. A key is remembered for `auth_cache_s`, an unknown one
    for `auth_miss_cache_s`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    health_host: str = "127.0.0.1"
    health_port: Annotated[int, Field(ge=0, le=65535)] = 0
    children: Annotated[int, Field(ge=1, le=256)] | None = None
    prefetch: Annotated[int, Field(ge=1, le=1000)] = 16
    item_timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    max_image_bytes: Annotated[int, Field(ge=1)] = 15_000_000
    max_pixels: Annotated[int, Field(ge=1)] = 25_000_000
    max_side_px: Annotated[int, Field(ge=1)] = 10_000
    preferred_model: str = "yolox-nano"
    fetch_allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    own_hosts: tuple[HostName, ...] = ()
    sweep_every_s: Annotated[float, Field(gt=0)] = 10.0
    sweep_grace_s: Annotated[float, Field(ge=0)] = 30.0
    reap_after_s: Annotated[float, Field(gt=0)] = 86_400.0
    reap_every_s: Annotated[float, Field(gt=0)] = 60.0
    inbox_tenants: dict[str, TenantId] = {}
    max_unfinished: Annotated[int, Field(ge=1)] = 100_000
    deadline_default_s: Annotated[int, Field(ge=1)] = 3600
    deadline_max_s: Annotated[int, Field(ge=1)] = 86_400
    auth_cache_s: Annotated[float, Field(ge=0, le=60)] = 30.0
    auth_miss_cache_s: Annotated[float, Field(ge=0, le=10)] = 2.0
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    try_pause_s: Annotated[float, Field(ge=0)] = 1.0
    retry_delay_s: Annotated[float, Field(ge=0)] = 20.0
    hold_probe_s: Annotated[float, Field(gt=0)] = 5.0
    drain_s: Annotated[float, Field(gt=0)] = 10.0
    session_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    rebalance_timeout_s: Annotated[float, Field(gt=0)] = 60.0
    live_every_s: Annotated[float, Field(gt=0)] = 5.0
    live_grace_s: Annotated[float, Field(ge=0)] = 20.0
    stuck_after_s: Annotated[float, Field(gt=0)] = 90.0
    stop_deadline_s: Annotated[float, Field(gt=0)] = 45.0

    @model_validator(mode="after")
    def _drains_before_the_group_gives_up(self) -> Self:
        if self.drain_s >= self.rebalance_timeout_s:
            raise ValueError("drain_s must be shorter than rebalance_timeout_s")
        return self

    @field_validator("inbox_tenants")
    @classmethod
    def _inboxes_exist(cls, bound: dict[str, TenantId]) -> dict[str, TenantId]:
        known = [inbox.name for inbox in INBOXES]
        unknown = sorted(set(bound) - set(known))
        if unknown:
            raise ValueError(f"no inbox is called {unknown[0]}; there are {', '.join(known)}")
        return bound

    @property
    def child_count(self) -> int:
        return self.children or len(os.sched_getaffinity(0))
