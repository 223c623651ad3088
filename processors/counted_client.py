"""Downloads of pictures, counted: how many, how long, and what came of them."""

import time

from outbound.client import GuardedClient
from outbound.errors import OutboundError
from outbound.responses import Fetched
from telemetry.metrics import Metrics


class CountedClient:
    """Around the guarded client, which tells no status but that of success."""

    def __init__(self, client: GuardedClient, metrics: Metrics) -> None:
        self._client = client
        self._metrics = metrics

    async def get(self, url: str) -> Fetched:
        """As the client does. A request that is given up from outside is not counted."""
        began = time.perf_counter()
        try:
            fetched = await self._client.get(url)
        except OutboundError as error:
            self._count(began, "", type(error).__name__)
            raise
        self._count(began, "200", "")
        return fetched

    def _count(self, began: float, status: str, error_type: str) -> None:
        took_s = time.perf_counter() - began
        self._metrics.fetch_seconds.labels("fetch", status, error_type).observe(took_s)
