"""Stores of people and their tokens, and somebody to keep in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from schemas.roles import Role
from storage.tokens import Session, TokenStore
from storage.tokens_memory import MemoryTokenStore
from storage.tokens_postgres import PostgresTokenStore
from storage.users import User, UserStore
from storage.users_memory import MemoryUserStore
from storage.users_postgres import PostgresUserStore
from tests.contract.storage.migrated import opened_pool


@dataclass(frozen=True, slots=True)
class People:
    users: UserStore
    tokens: TokenStore


@asynccontextmanager
async def people_on(dsn: str | None) -> AsyncIterator[People]:
    """In memory without a DSN."""
    if dsn is None:
        users = MemoryUserStore()
        yield People(users, MemoryTokenStore(users))
        return
    async with opened_pool(dsn) as pool:
        yield People(PostgresUserStore(pool), PostgresTokenStore(pool))


def person(username: str = "alice", role: Role = Role.ANALYST, tenant_id: str = "acme") -> User:
    return User(uuid4(), tenant_id, username, role, datetime.now(UTC))


def session_of(user: User, *, lasts: timedelta = timedelta(hours=1)) -> Session:
    return Session(uuid4(), user.tenant_id, user.user_id, datetime.now(UTC) + lasts)
