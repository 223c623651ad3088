"""Somebody logs in while an administrator puts that one out: whoever has the row's lock first, no
session outlives what it was begun on."""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import pytest

from storage.postgres_pool import PostgresPool
from storage.queries import Queries
from storage.tokens import Session
from storage.tokens_postgres import PostgresTokenStore
from storage.users import User, UserChanges
from storage.users_postgres import PostgresUserStore
from tests.contract.storage.people import person, session_of
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres

TOKEN, NEXT = b"t" * 32, b"n" * 32
QUERIES = Queries.load()
WAITING = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
Change = Callable[[PostgresUserStore, User], Awaitable[object]]


def parameters_of(session: Session) -> dict[str, object]:
    return {
        "tenant_id": session.tenant_id, "session_id": session.session_id,
        "user_id": session.user_id, "expires_at": session.expires_at, "token_hash": TOKEN,
        "password_hash": "hash",
    }  # fmt: skip


async def until_one_waits(dsn: str) -> None:
    """For a lock that another has."""
    with psycopg.connect(dsn, autocommit=True) as watcher:
        await eventually(lambda: watcher.execute(WAITING).fetchall())


async def set_password(users: PostgresUserStore, user: User) -> None:
    await users.set_password(user.tenant_id, user.user_id, "new")


async def disable_and_enable(users: PostgresUserStore, user: User) -> None:
    for is_disabled in (True, False):
        changes = UserChanges(is_disabled=is_disabled)
        await users.change_user(user.tenant_id, user.user_id, changes)


@pytest.mark.parametrize("change", [set_password, disable_and_enable])
async def test_a_change_that_waits_for_a_login_ends_its_session(
    pool: PostgresPool, postgres_database: str, change: Change
) -> None:
    users, tokens, alice = PostgresUserStore(pool), PostgresTokenStore(pool), person()
    await users.add_user(alice, "hash")
    session = session_of(alice)
    async with await psycopg.AsyncConnection.connect(postgres_database) as login:
        cursor = await login.execute(QUERIES["begin_session"], parameters_of(session))
        assert await cursor.fetchall()
        changing = asyncio.ensure_future(change(users, alice))
        await until_one_waits(postgres_database)
        await login.commit()
    await changing
    assert await tokens.find_standing(session, "jti") is None
    assert await tokens.rotate(alice.tenant_id, TOKEN, NEXT) is None


async def test_a_login_that_waits_for_a_change_begins_nothing(
    pool: PostgresPool, postgres_database: str
) -> None:
    users, tokens, alice = PostgresUserStore(pool), PostgresTokenStore(pool), person()
    await users.add_user(alice, "hash")
    session = session_of(alice)
    change = {
        "tenant_id": alice.tenant_id, "user_id": alice.user_id, "password_hash": "new",
        "replacing": None,
    }  # fmt: skip
    async with await psycopg.AsyncConnection.connect(postgres_database) as administrator:
        await administrator.execute(QUERIES["set_password"], change)
        login = asyncio.ensure_future(tokens.begin_session(session, TOKEN, password_hash="hash"))
        await until_one_waits(postgres_database)
        await administrator.commit()
    assert not await login
    assert await tokens.find_standing(session, "jti") is None
    again = session_of(alice)
    assert await tokens.begin_session(again, NEXT, password_hash="new")
    assert await tokens.find_standing(again, "jti") is not None
