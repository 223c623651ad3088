"""People of a tenant, and the port that keeps them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from schemas.roles import Role
from storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who logs in as `username@tenant_id`; who is disabled cannot."""

    user_id: UUID
    tenant_id: str
    username: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def login(self) -> str:
        return f"{self.username}@{self.tenant_id}"


@dataclass(frozen=True, slots=True)
class UserChanges:
    """What is to be otherwise; None leaves it as it is."""

    role: Role | None = None
    is_disabled: bool | None = None


class UsernameTakenError(StorageError):
    """The tenant has somebody of that name."""


class LastAdminError(StorageError):
    """Without this one the tenant would have no administrator who can log in."""


class UserStore(Protocol):
    """Whoever is disabled or gets another password has no session any more, and no access token
    of before is good. Raises StoreUnavailableError."""

    async def add_user(self, user: User, password_hash: str, *, at_most: int | None = None) -> None:
        """Adds the tenant too when it is new. Raises UsernameTakenError, and LimitReachedError when
        the tenant has `at_most` people. The hole: of several that are added in the same moment a
        few may pass beyond it."""
        ...

    async def find_user(self, tenant_id: str, user_id: UUID) -> User | None: ...

    async def find_login(self, tenant_id: str, username: str) -> tuple[User, str] | None:
        """With the hash of the password."""
        ...

    async def list_users(self, tenant_id: str, *, limit: int | None = None) -> list[User]:
        """By name, no more than `limit`."""
        ...

    async def change_user(self, tenant_id: str, user_id: UUID, changes: UserChanges) -> User:
        """As it is now. Raises NotFoundError, and LastAdminError: of two at once that would each
        leave the other as the last one, one is refused."""
        ...

    async def set_password(
        self, tenant_id: str, user_id: UUID, password_hash: str, *, replacing: str | None = None
    ) -> None:
        """In place of any other, or of the one whose hash is given. Raises NotFoundError, also when
        it is not that one any more."""
        ...

    async def remove_user(self, tenant_id: str, user_id: UUID) -> None:
        """Raises NotFoundError, LastAdminError."""
        ...
