"""The Prefer header (RFC 7240): how long a client wants to wait for the result itself."""

import re
from dataclasses import dataclass

from ingest_api.errors import PREFERENCE_INVALID, RefusedError
from ingest_api.settings import ApiSettings

_DIGITS = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Preference:
    """`applied` is what the answer says was honoured; None when nothing was asked for."""

    wait_s: int
    applied: str | None


def read_preference(header: str | None, settings: ApiSettings) -> Preference:
    """`wait=N` decides when it stands beside `respond-async`, as the RFC has it; of repeated ones
    the first. Others are ignored. Raises RefusedError for a wait that is not offered."""
    found: dict[str, str] = {}
    for entry in (header or "").split(","):
        name, _, value = entry.partition(";")[0].partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"'))
    if "wait" in found:
        wait_s = _seconds(found["wait"], settings.wait_max_s)
        return Preference(wait_s, f"wait={wait_s}")
    if "respond-async" in found:
        return Preference(0, "respond-async")
    return Preference(settings.wait_default_s, None)


def _seconds(text: str, longest: int) -> int:
    if not _DIGITS.fullmatch(text) or int(text) > longest:
        allowed = f"wait=0 to wait={longest}, whole seconds"
        raise RefusedError(
            refusal=PREFERENCE_INVALID, field="Prefer", limit=longest, allowed=allowed
        )
    return int(text)
