"""How many bytes the requests in work have brought, and how much room is left for more."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Scope

from ingest_api.arrival import received_of
from telemetry.metrics import Metrics


class InWork:
    """Counted when a scrape asks, so that a request costs next to nothing."""

    def __init__(self, metrics: Metrics) -> None:
        self._scopes: dict[int, Scope] = {}
        metrics.upload_bytes.set_function(self._received)
        metrics.spool_free_bytes.set_function(_free)

    @contextmanager
    def holding(self, scope: Scope) -> Iterator[None]:
        self._scopes[id(scope)] = scope
        try:
            yield
        finally:
            del self._scopes[id(scope)]

    def _received(self) -> float:
        return float(sum(map(received_of, self._scopes.values())))


def _free() -> float:
    """In the folder of temporary files, for those without privileges."""
    disk = os.statvfs(tempfile.gettempdir())
    return float(disk.f_bavail * disk.f_frsize)
