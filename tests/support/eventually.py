"""Wait for something to become true, with a deadline instead of a guess."""

import asyncio
import time
from collections.abc import Callable

from tests.support.within import crowd


async def eventually(is_true: Callable[[], object], *, within_s: float = 20.0) -> None:
    """Returns as soon as it is; fails the test when it is not within the time, which is longer
    where several wait for each processor."""
    deadline = time.monotonic() + within_s * crowd()
    while not is_true():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s"
        await asyncio.sleep(0.01)
