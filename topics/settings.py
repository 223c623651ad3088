"""Settings of everything that speaks to the broker."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class KafkaSettings(BaseModel):
    """`bootstrap_servers` is a comma-separated list of host:port. `fetch_max_wait_ms` is how long
    the broker may keep an empty fetch; a broker that does not wake it on new data needs 10."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap_servers: str = "127.0.0.1:9092"
    partitions: Annotated[int, Field(ge=1, le=1000)] = 4
    replication_factor: Annotated[int, Field(ge=1, le=7)] = 1
    min_insync_replicas: Annotated[int, Field(ge=1, le=7)] = 1
    fetch_max_wait_ms: Annotated[int, Field(ge=1, le=5000)] = 2000
    tail_max_back: Annotated[int, Field(ge=0)] = 20_000
