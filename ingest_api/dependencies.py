"""What the API leans on, and what it still promises when one of them is gone."""

from ingest_api.accept import Acceptance
from ingest_api.live import Hub
from ingest_api.parts import ApiParts
from telemetry.dependencies import Dependency

ESSENTIAL = frozenset({"postgres", "bucket"})
"""Nothing can be accepted without them."""

_LATELY_S = 10.0


class LogSilentError(Exception):
    """The tail is not connected, or what was announced lately was not confirmed."""


def dependencies_of(parts: ApiParts, hub: Hub, acceptance: Acceptance) -> dict[str, Dependency]:
    async def check_log() -> None:
        if not hub.is_connected:
            raise LogSilentError("the tail is not connected")
        if not acceptance.announces(within_s=_LATELY_S):
            raise LogSilentError("an announcement was not confirmed")

    return {
        "postgres": Dependency(
            parts.analyses.check, "without it nothing is accepted; what was is not lost"
        ),
        "bucket": Dependency(
            parts.images.check, "without it no picture is accepted; what was is not lost"
        ),
        "kafka": Dependency(
            check_log, "without it requests are accepted and analyzed when it is back"
        ),
        "redis": Dependency(
            parts.cache.check,
            "without it results are read from the record, and each process enforces limits by "
            "itself: nobody logs in and no key is made",
        ),
    }
