"""How a handler tells the guard what to do with a message."""

from storage.errors import StoreUnavailableError, TransientStorageError
from topics.errors import LogUnavailableError


class TransientWorkError(Exception):
    """This try failed; another one soon may not (a child process that died, a slow upstream)."""


HOLD_ERRORS = (StoreUnavailableError, LogUnavailableError)
"""The dependency is down: nothing is lost by waiting, everything by giving up."""

TRANSIENT_ERRORS = (TransientWorkError, TransientStorageError)


def dependency_of(error: BaseException) -> str:
    """The name under which a hold shows in metrics and logs."""
    return error.dependency if isinstance(error, StoreUnavailableError) else "kafka"
