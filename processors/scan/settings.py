"""Settings of the malware scanner."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from processors.scan.address import to_address


class ScannerSettings(BaseModel):
    """`address` is where clamd listens: `host:port`, or the path of its socket. Without one nothing
    is scanned, and a detector says so in its log as it starts. An answer is waited for `timeout_s`;
    `max_concurrent` scans of one process run at once, and all processes together should stay below
    clamd's MaxThreads.

    `when_unavailable` is what becomes of pictures while clamd does not serve: `fail` (tried again
    as everything is, then failed with `scan_unavailable`), `hold` (they wait for it), or `skip`
    (analyzed unscanned, with a line in the log for each). `when_found` is what becomes of a picture
    with malware: `delete`, or `quarantine` (moved below `_quarantine/` in the bucket)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str | None = None
    timeout_s: Annotated[float, Field(gt=0, le=300)] = 20.0
    max_concurrent: Annotated[int, Field(ge=1, le=100)] = 4
    when_unavailable: Literal["fail", "hold", "skip"] = "fail"
    when_found: Literal["delete", "quarantine"] = "delete"

    @field_validator("address")
    @classmethod
    def _leads_somewhere(cls, text: str | None) -> str | None:
        if text is not None:
            to_address(text)
        return text
