"""Where the stores are and how long to wait for them; the composition root fills these in."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

Seconds = Annotated[float, Field(gt=0)]


class StorageSettings(BaseModel):
    """Frozen, and closed: a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class BreakerSettings(StorageSettings):
    """When a server that does not serve is left alone, and for how long."""

    breaker_failures: Annotated[int, Field(ge=1)] = 3
    breaker_pause_s: Seconds = 2


class PostgresSettings(BreakerSettings):
    """`dsn` is a `postgresql://` URL or libpq's `name=value` form.

    A caller waits at most `pool_wait_s` for a connection and then, for the answer, a little over
    `statement_timeout_ms`. After `breaker_failures` calls in a row that found it not serving, all
    calls fail at once for `breaker_pause_s`; then one at a time finds out whether it serves again.
    """

    dsn: SecretStr = Field(min_length=1)
    pool_min_size: Annotated[int, Field(ge=0)] = 1
    pool_max_size: Annotated[int, Field(ge=1)] = 8
    connect_timeout_s: Annotated[int, Field(ge=1)] = 3
    statement_timeout_ms: Annotated[int, Field(ge=1)] = 5000
    pool_wait_s: Seconds = 2

    @model_validator(mode="after")
    def _sizes_agree(self) -> Self:
        if self.pool_min_size > self.pool_max_size:
            raise ValueError("pool_min_size is larger than pool_max_size")
        return self


class BucketSettings(BreakerSettings):
    """Either an S3 server (`endpoint`, `host:port` or a URL, with its keys) or a `folder`.

    After `breaker_failures` calls in a row that found the server not serving, all calls fail at
    once for `breaker_pause_s`; then one at a time finds out whether it serves again.
    """

    endpoint: str | None = None
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    bucket: str = "images"
    secure: bool = False
    region: str = "us-east-1"
    folder: Path | None = None

    @property
    def host(self) -> str:
        """The endpoint without its scheme; empty when pictures are kept in a folder."""
        return (self.endpoint or "").rpartition("://")[2].rstrip("/")

    @property
    def uses_tls(self) -> bool:
        return self.secure or (self.endpoint or "").startswith("https://")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.endpoint is None) == (self.folder is None):
            found = "neither is set" if self.endpoint is None else "both are set"
            raise ValueError(f"set either endpoint (an S3 server) or folder: {found}")
        if self.endpoint is not None:
            self._check_server(self.endpoint)
        return self

    def _check_server(self, endpoint: str) -> None:
        scheme = endpoint.rpartition("://")[0]
        if scheme not in {"", "http", "https"} or not self.host or "/" in self.host:
            raise ValueError("endpoint must be host:port or http(s)://host:port, without a path")
        if scheme == "http" and self.secure:
            raise ValueError("secure contradicts endpoint, which says http://")
        for name in ("access_key", "secret_key"):
            if not getattr(self, name):
                raise ValueError(f"{name} is missing: an S3 endpoint needs both keys")


class RedisSettings(BreakerSettings):
    """Without a `url` the cache lives in the process.

    No call waits longer than `timeout_s`. After `breaker_failures` in a row that failed Redis is
    left alone for `breaker_pause_s`; then one call at a time finds out whether it serves again.
    """

    breaker_pause_s: Seconds = 5
    url: SecretStr | None = None
    timeout_s: Seconds = 0.25
    result_ttl_s: Annotated[int, Field(ge=1)] = 3600
