"""A credential is asked about again and again for as long as its stream is open."""

import time

from ingest_api.scope import StillValid


class Recheck:
    """At most one question in `every_s`, however often it is asked: so it may be asked between any
    two things that are told or read. In between the last answer stands."""

    def __init__(self, still_valid: StillValid, *, every_s: float) -> None:
        self._still_valid = still_valid
        self._every_s = every_s
        self._due_at = time.monotonic() + every_s

    async def passes(self) -> bool:
        """False once the credential is good no more; the stream has to end then."""
        if time.monotonic() < self._due_at:
            return True
        self._due_at = time.monotonic() + self._every_s
        return await self._still_valid()
