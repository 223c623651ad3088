"""How long something took, and what ended it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from telemetry.metric_instruments import Spread

Timing = Callable[[str], AbstractContextManager[None]]
"""Around one operation, by its name."""


def untimed(_: str) -> AbstractContextManager[None]:
    """Where nobody counts."""
    return nullcontext()


@contextmanager
def ended(tell: Callable[[float, str], None]) -> Iterator[None]:
    """At the end `tell` gets the seconds that it took and the class of the error that passed
    through: empty when none did, `cancelled` for what was given up from outside."""
    began, error_type = time.perf_counter(), ""
    try:
        yield
    except asyncio.CancelledError:
        error_type = "cancelled"
        raise
    except Exception as error:
        error_type = type(error).__name__
        raise
    finally:
        tell(time.perf_counter() - began, error_type)


def timed(spread: Spread, *labels: str) -> AbstractContextManager[None]:
    """The last label of the metric, which is not given here, is the class of the error."""
    return ended(lambda took_s, error_type: spread.labels(*labels, error_type).observe(took_s))


def timing(spread: Spread, *labels: str) -> Timing:
    """`labels` come before the name of the operation."""
    return lambda operation: timed(spread, *labels, operation)
