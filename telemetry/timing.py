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
def timed(spread: Spread, *labels: str) -> Iterator[None]:
    """The last label of the metric, which is not given here, is the class of the error that passed
    through: empty when none did."""
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
        spread.labels(*labels, error_type).observe(time.perf_counter() - began)


def timing(spread: Spread, *labels: str) -> Timing:
    """`labels` come before the name of the operation."""
    return lambda operation: timed(spread, *labels, operation)
