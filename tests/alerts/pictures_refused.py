"""A web server that has no picture for anybody."""

import contextlib
from collections.abc import AsyncIterator

from tests.support.webhook_receiver import Receiver, status


@contextlib.asynccontextmanager
async def refusing_pictures() -> AsyncIterator[str]:
    """Its address; 503 is its answer to everything."""
    async with Receiver(status(503)) as server:
        yield server.url().rstrip("/")
