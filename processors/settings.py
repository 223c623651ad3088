"""Settings of the worker processes."""

import os
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class WorkerSettings(BaseModel):
    """`children` is how many pictures are inferred on at once (null: one per core); `prefetch` how
    many messages of one topic are in work at once, their pictures fetched ahead of inference.
    `fetch_allow_networks` are private networks that picture addresses may point to (none)."""

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
    retry_delay_s: Annotated[float, Field(ge=0)] = 20.0
    stop_deadline_s: Annotated[float, Field(gt=0)] = 45.0

    @property
    def child_count(self) -> int:
        return self.children or len(os.sched_getaffinity(0))
