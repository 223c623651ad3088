"""Settings of the worker processes."""

import os
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class WorkerSettings(BaseModel):
    """`children` is how many pictures are inferred on at once (null: one per core); `prefetch` how
    many messages of one topic are in work at once, their pictures fetched ahead of inference.
    `fetch_allow_networks` are private networks that picture addresses may point to (none).

    Times: a message is tried `tries` times, `try_pause_s`, then twice that and so on apart, and
    once more after `retry_delay_s`; a dependency that is down is asked every `hold_probe_s`. What
    is in work may end within `drain_s` when partitions are let go, at a stop or a rebalance. The
    group counts a worker as gone that is silent for `session_timeout_s`, or that has not joined
    again within `rebalance_timeout_s`. The worker looks at itself every `live_every_s` and ends, to
    be started again, when it has been out of its group for `live_grace_s` or has stood still for
    `stuck_after_s`. A stop that hangs ends with the process after `stop_deadline_s`."""

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
    sweep_every_s: Annotated[float, Field(gt=0)] = 10.0
    sweep_grace_s: Annotated[float, Field(ge=0)] = 30.0
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

    @property
    def child_count(self) -> int:
        return self.children or len(os.sched_getaffinity(0))
