"""Open streams end when the process is asked to stop, not when its patience ends.

uvicorn waits for open responses before it ends the lifespan, so the lifespan is too late to tell
them; the signal itself is passed on to both.
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_STOP = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def told_to_stop(act: Callable[[], None]) -> Iterator[None]:
    """Inside, `act` runs in the event loop before what already handles the stop signals. Does
    nothing outside the main thread and where nobody handles them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _STOP}

    def pass_on(number: int, stack: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        earlier = before[signal.Signals(number)]
        if callable(earlier):
            earlier(number, stack)

    for number, earlier in before.items():
        if callable(earlier):
            signal.signal(number, pass_on)
    try:
        yield
    finally:
        for number, earlier in before.items():
            if callable(earlier):
                signal.signal(number, earlier)
