"""Users in a dictionary: the twin of the store in PostgreSQL, for tests."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from schemas.roles import Role
from storage.errors import LimitReachedError, NotFoundError
from storage.users import LastAdminError, User, UserChanges, UsernameTakenError


@dataclass(frozen=True, slots=True)
class Kept:
    user: User
    password_hash: str
    not_before: datetime


class MemoryUserStore:
    """A UserStore; `find_kept` is for the twin that keeps the tokens."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._by_id: dict[UUID, Kept] = {}

    async def add_user(self, user: User, password_hash: str, *, at_most: int | None = None) -> None:
        standing = await self.find_login(user.tenant_id, user.username)
        if standing is not None and standing[0].user_id != user.user_id:
            raise UsernameTakenError(f"{user.login} is there already")
        has_room = at_most is None or len(await self.list_users(user.tenant_id)) < at_most
        if standing is None and not has_room:
            raise LimitReachedError(f"{user.tenant_id} has {at_most} people already")
        self._by_id.setdefault(user.user_id, Kept(user, password_hash, user.created_at))

    def find_kept(self, tenant_id: str, user_id: UUID) -> Kept | None:
        kept = self._by_id.get(user_id)
        return kept if kept is not None and kept.user.tenant_id == tenant_id else None

    async def find_user(self, tenant_id: str, user_id: UUID) -> User | None:
        kept = self.find_kept(tenant_id, user_id)
        return None if kept is None else kept.user

    async def find_login(self, tenant_id: str, username: str) -> tuple[User, str] | None:
        for kept in self._by_id.values():
            if (kept.user.tenant_id, kept.user.username) == (tenant_id, username):
                return kept.user, kept.password_hash
        return None

    async def list_users(self, tenant_id: str, *, limit: int | None = None) -> list[User]:
        found = [kept.user for kept in self._by_id.values() if kept.user.tenant_id == tenant_id]
        return sorted(found, key=lambda user: user.username)[:limit]

    async def change_user(self, tenant_id: str, user_id: UUID, changes: UserChanges) -> User:
        kept, user = self._known(tenant_id, user_id)
        changed = replace(user, role=user.role if changes.role is None else changes.role)
        not_before = kept.not_before
        if changes.is_disabled is not None:
            is_now = user.disabled_at or self._now()
            changed = replace(changed, disabled_at=is_now if changes.is_disabled else None)
            not_before = self._now() if changes.is_disabled else not_before
        if not _is_admin(changed):
            self._check_not_last(user)
        self._by_id[user_id] = replace(kept, user=changed, not_before=not_before)
        return changed

    async def set_password(
        self, tenant_id: str, user_id: UUID, password_hash: str, *, replacing: str | None = None
    ) -> None:
        kept, _ = self._known(tenant_id, user_id)
        if replacing is not None and kept.password_hash not in {replacing, password_hash}:
            raise NotFoundError(f"{tenant_id} has no user {user_id} with that password")
        self._by_id[user_id] = replace(kept, password_hash=password_hash, not_before=self._now())

    async def remove_user(self, tenant_id: str, user_id: UUID) -> None:
        _, user = self._known(tenant_id, user_id)
        self._check_not_last(user)
        del self._by_id[user_id]

    def _known(self, tenant_id: str, user_id: UUID) -> tuple[Kept, User]:
        kept = self.find_kept(tenant_id, user_id)
        if kept is None:
            raise NotFoundError(f"{tenant_id} has no user {user_id}")
        return kept, kept.user

    def _check_not_last(self, user: User) -> None:
        admins = [
            kept.user.user_id
            for kept in self._by_id.values()
            if kept.user.tenant_id == user.tenant_id and _is_admin(kept.user)
        ]
        if admins == [user.user_id]:
            raise LastAdminError(f"{user.user_id} is the last administrator of {user.tenant_id}")


def _is_admin(user: User) -> bool:
    return user.role is Role.ADMIN and user.disabled_at is None
