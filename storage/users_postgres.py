"""Users in PostgreSQL."""

from typing import Any, NoReturn
from uuid import UUID

from schemas.roles import Role
from storage.errors import LimitReachedError, NotFoundError
from storage.postgres_pool import PostgresPool
from storage.postgres_text import storable
from storage.queries import Queries
from storage.row_security import tenant
from storage.users import LastAdminError, User, UserChanges, UsernameTakenError


class PostgresUserStore:
    """A UserStore. The pool is the caller's to open and close."""

    def __init__(self, pool: PostgresPool) -> None:
        self._pool = pool
        self._queries = Queries.load()

    async def add_user(self, user: User, password_hash: str, *, at_most: int | None = None) -> None:
        ((has_room, is_added),) = await self._fetch(
            "add_user", user.tenant_id, user_id=user.user_id, username=user.username,
            role=user.role.title, password_hash=password_hash, created_at=user.created_at,
            at_most=at_most,
        )  # fmt: skip
        if not has_room:
            raise LimitReachedError(f"{user.tenant_id} has {at_most} people already")
        if not is_added:
            raise UsernameTakenError(f"{user.login} is there already")

    async def find_user(self, tenant_id: str, user_id: UUID) -> User | None:
        rows = await self._fetch("find_user", tenant_id, user_id=user_id)
        return _to_user(*rows[0]) if rows else None

    async def find_login(self, tenant_id: str, username: str) -> tuple[User, str] | None:
        rows = await self._fetch("find_login", tenant_id, username=storable(username))
        return (_to_user(*rows[0][1:]), rows[0][0]) if rows else None

    async def list_users(self, tenant_id: str, *, limit: int | None = None) -> list[User]:
        return [_to_user(*row) for row in await self._fetch("list_users", tenant_id, limit=limit)]

    async def change_user(self, tenant_id: str, user_id: UUID, changes: UserChanges) -> User:
        rows = await self._fetch(
            "change_user", tenant_id, user_id=user_id, is_disabled=changes.is_disabled,
            role=None if changes.role is None else changes.role.title,
        )  # fmt: skip
        if not rows:
            await self._refuse(tenant_id, user_id)
        return _to_user(*rows[0])

    async def set_password(
        self, tenant_id: str, user_id: UUID, password_hash: str, *, replacing: str | None = None
    ) -> None:
        rows = await self._fetch(
            "set_password", tenant_id, user_id=user_id, password_hash=password_hash,
            replacing=replacing,
        )  # fmt: skip
        if not rows:
            raise _unknown(tenant_id, user_id)

    async def remove_user(self, tenant_id: str, user_id: UUID) -> None:
        if not await self._fetch("remove_user", tenant_id, user_id=user_id):
            await self._refuse(tenant_id, user_id)

    async def _refuse(self, tenant_id: str, user_id: UUID) -> NoReturn:
        if await self.find_user(tenant_id, user_id) is None:
            raise _unknown(tenant_id, user_id)
        raise LastAdminError(f"{user_id} is the last administrator of {tenant_id}")

    async def _fetch(self, name: str, tenant_id: str, **parameters: object) -> list[Any]:
        given = {"tenant_id": tenant_id, **parameters}
        return await self._pool.fetch(self._queries[name], given, seen_by=tenant(tenant_id))


def _unknown(tenant_id: str, user_id: UUID) -> NotFoundError:
    return NotFoundError(f"{tenant_id} has no user {user_id}")


def _to_user(
    user_id: UUID, tenant_id: str, username: str, role: str, created_at: Any, disabled_at: Any
) -> User:
    return User(user_id, tenant_id, username, Role.named(role), created_at, disabled_at)
