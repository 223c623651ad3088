"""How a handler tells the guard what to do with a message."""

from schemas.failures import FailureCode
from storage.errors import StoreUnavailableError, TransientStorageError
from topics.errors import LogUnavailableError


class TransientWorkError(Exception):
    """This try failed; another one soon may not (a child process that died, a slow upstream).
    `final_code` is what the request fails with when no try succeeds."""

    def __init__(
        self, message: str, *, final_code: FailureCode = FailureCode.RETRIES_EXHAUSTED
    ) -> None:
        super().__init__(message)
        self.final_code = final_code


class DependencyDownError(Exception):
    """Something that is neither a store nor the log does not serve, and work shall wait for it."""

    def __init__(self, dependency: str, message: str) -> None:
        super().__init__(f"{dependency}: {message}")
        self.dependency = dependency


HOLD_ERRORS = (StoreUnavailableError, LogUnavailableError, DependencyDownError)
"""The dependency is down: nothing is lost by waiting, everything by giving up."""

TRANSIENT_ERRORS = (TransientWorkError, TransientStorageError)


def dependency_of(error: BaseException) -> str:
    """The name under which a hold shows in metrics and logs."""
    if isinstance(error, StoreUnavailableError | DependencyDownError):
        return error.dependency
    return "kafka"


def final_code_of(error: BaseException) -> FailureCode:
    """What a request fails with whose last try ended with this error."""
    if isinstance(error, TransientWorkError):
        return error.final_code
    return FailureCode.RETRIES_EXHAUSTED
