"""Each error of the driver is a decision, or travels on."""

import psycopg
import pytest
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from storage.errors import StoreRefusesError, StoreUnavailableError, TransientStorageError
from storage.postgres_errors import translated

UNAVAILABLE = [
    psycopg.OperationalError("connection refused\nIs the server running?"),
    psycopg.InterfaceError("the connection is closed"),
    PoolTimeout("too long"),
    PoolClosed(),
    TooManyRequests(),
    errors.AdminShutdown("terminating connection"),
    errors.CannotConnectNow("starting up"),
    errors.ConnectionTimeout("connection timeout expired"),
    errors.DiskFull("no space left"),
    errors.InsufficientPrivilege("permission denied"),
    errors.InvalidPassword("wrong password"),
    errors.LockNotAvailable("lock timeout"),
    errors.QueryCanceled("statement timeout"),
    errors.ReadOnlySqlTransaction("read-only"),
    errors.TooManyConnections("too many clients"),
]


@pytest.mark.parametrize("error", UNAVAILABLE, ids=lambda error: type(error).__name__)
def test_what_an_outage_explains_is_unavailable(error: psycopg.Error) -> None:
    with pytest.raises(StoreUnavailableError) as caught, translated():
        raise error
    assert caught.value.dependency == "postgres"
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [errors.UndefinedTable("x"), errors.UndefinedColumn("x")])
def test_a_missing_table_asks_for_the_migration(error: psycopg.Error) -> None:
    with pytest.raises(StoreUnavailableError, match="image-analyzer migrate"), translated():
        raise error


@pytest.mark.parametrize(
    ("error", "answers"),
    [
        (errors.DiskFull("x"), True),
        (errors.ReadOnlySqlTransaction("x"), True),
        (errors.InsufficientPrivilege("x"), True),
        (errors.UndefinedTable("x"), True),
        (errors.QueryCanceled("x"), False),
        (errors.AdminShutdown("x"), False),
        (PoolTimeout("x"), False),
    ],
)
def test_a_refusal_is_told_from_an_outage(error: psycopg.Error, answers: bool) -> None:
    with pytest.raises(StoreUnavailableError) as caught, translated():
        raise error
    assert isinstance(caught.value, StoreRefusesError) == answers


@pytest.mark.parametrize("error", [errors.SerializationFailure(), errors.DeadlockDetected("x")])
def test_what_a_repeat_heals_is_transient(error: psycopg.Error) -> None:
    with pytest.raises(TransientStorageError), translated():
        raise error


@pytest.mark.parametrize("error", [errors.UniqueViolation(), errors.SyntaxError(), ValueError()])
def test_our_own_mistakes_travel_on(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, translated():
        raise error
    assert caught.value is error
