"""Settings of the HTTP API."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ingest_api.failpoints import Point
from outbound.own_hosts import HostName, own_hosts

KIB = 1024
MORE_LISTED = 1000
"""Lists are longer than their limit by so many: the command line knows no limit, and keys that have
ended are listed too."""

Origin = Annotated[
    str, Field(pattern=r"^https?://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$")
]


class ApiSettings(BaseModel):
    """Published limits are settings: a request over one is refused with the number named.

    `secret` (at least 32 characters) seals the ids of event streams; replicas must share it, and
    without one ids do not survive a restart. `public_url` is put before the paths of links.
    `fetch_allow_networks` must be the workers' own: private networks that addresses may point to.
    A stream that opens before the log is reached waits `stream_log_wait_s` for it.
    A body must arrive within `body_grace_s` or at `body_bytes_per_s`, whichever is longer.
    The headers of a request must arrive within `header_timeout_s`, from the connection or from the
    first byte of a further request; a connection that ends early is read for `linger_s` more, so
    that the answer arrives. A client that takes nothing of an answer for `stream_send_timeout_s`
    is cut off. At `max_connections` of a process, or `max_connections_per_address`, further ones
    are closed at once.
    `trusted_proxies` are the networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed;
    their connections count in all only. `allowed_hosts` are the names that the service answers to,
    without ports; when empty, any. Addresses of pictures and callbacks that name one of them, or
    the host of `public_url`, are refused. Scripts of `cors_origins` (`https://app.example`) may
    read answers.
    `/metrics` beside the other paths is for `nobody`, for `operators` with their credential, or for
    `everybody` who reaches the port; `ANALYZER_METRICS__PORT` is the better place.
    A tenant may have `max_keys` API keys that work and `max_users` people, disabled ones too; the
    command line adds beyond that.
    An `Idempotency-Key` stands for its request for `idempotency_ttl_s`. `failpoint` is for tests of
    crashes: the process kills itself at `after_object`, `after_row` or `before_answer`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s]*[^/\s])?$")] | None = None
    secret: Annotated[SecretStr, Field(min_length=32)] | None = None

    max_upload_bytes: Annotated[int, Field(ge=1)] = 15_000_000
    max_pixels: Annotated[int, Field(ge=1)] = 25_000_000
    max_side_px: Annotated[int, Field(ge=1)] = 10_000
    max_json_bytes: Annotated[int, Field(ge=1)] = 64 * KIB
    max_header_bytes: Annotated[int, Field(ge=1)] = 16 * KIB
    max_header_fields: Annotated[int, Field(ge=1)] = 100
    body_grace_s: Annotated[float, Field(gt=0)] = 10.0
    body_bytes_per_s: Annotated[int, Field(ge=1)] = 64 * KIB

    header_timeout_s: Annotated[float, Field(gt=0)] = 5.0
    max_request_line_bytes: Annotated[int, Field(ge=64)] = 8 * KIB
    linger_s: Annotated[float, Field(gt=0)] = 1.5
    max_connections: Annotated[int, Field(ge=1)] = 10_000
    max_connections_per_address: Annotated[int, Field(ge=1)] = 2500
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    allowed_hosts: tuple[HostName, ...] = ()
    cors_origins: tuple[Origin, ...] = ()

    fetch_allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()

    wait_default_s: Annotated[int, Field(ge=0)] = 10
    wait_max_s: Annotated[int, Field(ge=0)] = 60
    deadline_default_s: Annotated[int, Field(ge=1)] = 3600
    deadline_max_s: Annotated[int, Field(ge=1)] = 86_400
    max_unfinished: Annotated[int, Field(ge=1)] = 100_000
    idempotency_ttl_s: Annotated[int, Field(ge=1)] = 86_400
    failpoint: Point | None = None

    auth_cache_s: Annotated[float, Field(ge=0, le=30)] = 30.0
    auth_miss_cache_s: Annotated[float, Field(ge=0, le=10)] = 2.0

    max_keys: Annotated[int, Field(ge=1, le=100_000)] = 1000
    max_users: Annotated[int, Field(ge=1, le=100_000)] = 1000

    metrics_for: Literal["nobody", "operators", "everybody"] = "nobody"

    stream_ping_s: Annotated[float, Field(gt=0, le=30)] = 15.0
    stream_send_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    stream_log_wait_s: Annotated[float, Field(ge=0)] = 5.0
    stream_retry_ms: Annotated[int, Field(ge=1)] = 2000
    stream_queue: Annotated[int, Field(ge=1)] = 100
    max_streams: Annotated[int, Field(ge=1)] = 5000
    max_replayed_records: Annotated[int, Field(ge=1)] = 100_000

    limit_concurrency: Annotated[int, Field(ge=1)] | None = None
    keep_alive_s: Annotated[int, Field(ge=1)] = 15
    graceful_shutdown_s: Annotated[int, Field(ge=1)] = 20

    @property
    def own_hosts(self) -> frozenset[str]:
        """To which no address of a client may lead."""
        return own_hosts(self.allowed_hosts, self.public_url)

    @property
    def max_request_bytes(self) -> int:
        """Of a whole upload: the picture, its options and the multipart frame around them."""
        return self.max_upload_bytes + 64 * KIB
