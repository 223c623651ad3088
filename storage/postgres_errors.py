"""The one table that says what an error of PostgreSQL or of its driver means."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Error, InterfaceError, OperationalError, errors

from storage.errors import (
    StorageError,
    StoreRefusesError,
    StoreUnavailableError,
    TransientStorageError,
)
from storage.schema_version import MIGRATE


class ConnectionLostError(StoreUnavailableError):
    """The connection went away under a statement; another one may serve at once."""


_REPEAT = (errors.SerializationFailure, errors.DeadlockDetected)
_NOT_MIGRATED = (errors.UndefinedTable, errors.UndefinedColumn)
_REFUSED = (errors.DiskFull, errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege)
_NOT_SERVING = (
    OperationalError,  # with it: no connection, shutdown, timeouts, pool exhausted
    InterfaceError,
)


def to_storage_error(error: Error) -> StorageError | None:
    """None for what no outage explains: that is a mistake of ours and travels on as it is."""
    if isinstance(error, _REPEAT):
        return TransientStorageError(f"postgres: {first_line(error)}")
    if isinstance(error, _NOT_MIGRATED):
        return StoreRefusesError("postgres", f"{first_line(error)}; {MIGRATE}")
    if isinstance(error, _REFUSED):
        return StoreRefusesError("postgres", first_line(error))
    if isinstance(error, _NOT_SERVING):
        return StoreUnavailableError("postgres", first_line(error))
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Driver errors that leave the block leave it as storage errors, the cause chained."""
    try:
        yield
    except Error as error:
        storage_error = to_storage_error(error)
        if storage_error is None:
            raise
        raise storage_error from error


def first_line(error: Error) -> str:
    """What to say of it in a log line or a reason."""
    return (str(error).splitlines() or [""])[0][:200] or type(error).__name__
