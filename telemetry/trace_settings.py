"""Where spans go, and how many there are."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

# Spelt out: compiled with \w, which is all of Unicode, it takes ten megabytes.
_NAME: Final = r"^[A-Za-z0-9_.-]{1,100}$"
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+=[\x21-\x2b\x2d-\x7e]+( [\x21-\x2b\x2d-\x7e]+)*")


class TraceSettings(BaseModel):
    """Spans are recorded and exported when there is an `endpoint`, the base address of a receiver
    of OTLP: `http://collector:4317` for `grpc`, `http://collector:4318` for `http`, to which
    `/v1/traces` is added. `headers` go with every export: `name=value`, separated by commas.
    `certificate_file` holds the authorities that a private receiver is known by.

    A trace whose caller says that it is sampled is recorded, and one that says it is not never is;
    of those that begin here a share of `sample_ratio` is. At most `queue_size` spans wait, and go
    every `every_s` or when `batch_size` have come together; what is too much is dropped, so that a
    receiver that is gone costs nothing else. An export takes `timeout_s` at most, and a process
    that stops waits `flush_s` for its last ones. `service_name` is the name in the traces: if it is
    not set, `image-analyzer-api` or `image-analyzer-` and the first processor of a worker.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    endpoint: str | None = None
    protocol: Literal["grpc", "http"] = "grpc"
    headers: SecretStr | None = None
    certificate_file: Path | None = None
    sample_ratio: Annotated[float, Field(ge=0, le=1)] = 1.0
    queue_size: Annotated[int, Field(ge=1, le=1_000_000)] = 2048
    batch_size: Annotated[int, Field(ge=1)] = 512
    every_s: Annotated[float, Field(gt=0)] = 2.0
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    flush_s: Annotated[float, Field(ge=0, le=30)] = 3.0
    service_name: Annotated[str, Field(pattern=_NAME)] | None = None

    @property
    def header_pairs(self) -> dict[str, str]:
        """By lower-case name, as both protocols take them."""
        text = "" if self.headers is None else self.headers.get_secret_value()
        pairs = (one.strip().partition("=") for one in text.split(",") if one.strip())
        return {name.lower(): value for name, _, value in pairs}

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            parts = urlsplit(text)
            good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            good = False
        if not good or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("must be http(s)://host:port; what is secret belongs into headers")
        return text.rstrip("/")

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: SecretStr | None) -> SecretStr | None:
        given = [] if headers is None else headers.get_secret_value().split(",")
        if not all(_HEADER.fullmatch(one.strip()) for one in given):
            raise ValueError("must be name=value, separated by commas")
        return headers

    @model_validator(mode="after")
    def _batches_fit_the_queue(self) -> Self:
        if self.batch_size > self.queue_size:
            raise ValueError("batch_size is larger than queue_size")
        if self.certificate_file is not None and not (self.endpoint or "").startswith("https://"):
            raise ValueError("certificate_file is for an endpoint with https://")
        return self
