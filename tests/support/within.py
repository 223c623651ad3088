"""That nothing is waited for: a limit of time for what is to be quick."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Of a machine that has a processor free. On one where several wait for each (other tests run
    beside this one) it is so many times as long: what hangs is over the limit all the same."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < seconds * crowd(), f"took {took:.2f} s"


def crowd() -> float:
    """How many want each processor, now or in the last minute; never less than one."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
