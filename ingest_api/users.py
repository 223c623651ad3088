"""/api/v1/users: the people of the tenant."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar, cast
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from ingest_api.actors import noted
from ingest_api.errors import (
    LAST_ADMIN,
    NOT_FOUND,
    TOO_MANY_USERS,
    USERNAME_TAKEN,
    RefusedError,
)
from ingest_api.grants import check_grant
from ingest_api.ids import to_request_id
from ingest_api.json_bodies import read_model
from ingest_api.scope import principal_of
from ingest_api.settings import MORE_LISTED, ApiSettings
from schemas.identity import RoleName, UserChange, UserList, UserView, UserWish
from schemas.roles import Role
from storage.audit import Action, AuditLog
from storage.errors import LimitReachedError, NotFoundError
from storage.passwords import Passwords
from storage.users import LastAdminError, User, UserChanges, UsernameTakenError, UserStore

_T = TypeVar("_T")
_JSON = "application/json"
_EVERYTHING: frozenset[str] = frozenset()
"""People are not narrowed: they have all that their role allows."""


class Users:
    """Changes show everywhere after 60 s at most, on open streams too."""

    def __init__(
        self,
        *,
        store: UserStore,
        audit: AuditLog,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        settings: ApiSettings,
    ) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._new_id = new_id
        self._settings = settings
        self._passwords = Passwords()

    async def create(self, request: Request) -> Response:
        """Add a person, who logs in as `username@tenant`. The role is at most the asker's own."""
        principal = principal_of(request.scope)
        wish = await read_model(request, UserWish, self._settings)
        role = Role.named(wish.role)
        check_grant(principal, role, _EVERYTHING)
        user = User(self._new_id(), principal.tenant_id, wish.username, role, self._clock())
        hashed = await self._passwords.hash(wish.password.get_secret_value())
        await self._add(user, hashed)
        await self._note(request, Action.USER_CREATED, user)
        return Response(_view(user).to_json(), 201, media_type=_JSON)

    async def list(self, request: Request) -> Response:
        """The people of the tenant, by name; those who are disabled too."""
        found = await self._store.list_users(
            principal_of(request.scope).tenant_id,
            limit=self._settings.max_users + MORE_LISTED,
        )
        body = UserList(users=tuple(_view(user) for user in found)).to_json()
        return Response(body, media_type=_JSON)

    async def change(self, request: Request, user_id: str) -> Response:
        """Give a person another role or password, disable or enable. The last administrator of a
        tenant stays one."""
        user = await self._known(request, user_id)
        wish = await read_model(request, UserChange, self._settings)
        self._check_may_change(request, user, wish)
        role = None if wish.role is None else Role.named(wish.role)
        changes = UserChanges(role, wish.disabled)
        changed = await _on(self._store.change_user(user.tenant_id, user.user_id, changes))
        if wish.password is not None:
            hashed = await self._passwords.hash(wish.password.get_secret_value())
            await _on(self._store.set_password(user.tenant_id, user.user_id, hashed))
            await self._note(request, Action.PASSWORD_CHANGED, changed)
        if changed.role is not user.role:
            await self._note(request, Action.USER_ROLE_CHANGED, changed)
        if changed.disabled_at is not None and user.disabled_at is None:
            await self._note(request, Action.USER_DISABLED, changed)
        return Response(_view(changed).to_json(), media_type=_JSON)

    async def remove(self, request: Request, user_id: str) -> Response:
        """Remove a person for good, with all sessions. The last administrator stays."""
        user = await self._known(request, user_id)
        await _on(self._store.remove_user(user.tenant_id, user.user_id))
        await self._note(request, Action.USER_DISABLED, user)
        return Response(status_code=204)

    async def _add(self, user: User, hashed: str) -> None:
        at_most = self._settings.max_users
        try:
            await self._store.add_user(user, hashed, at_most=at_most)
        except UsernameTakenError:
            raise RefusedError(refusal=USERNAME_TAKEN, field="username") from None
        except LimitReachedError:
            raise RefusedError(
                refusal=TOO_MANY_USERS, limit=at_most, detail="remove one who is not needed"
            ) from None

    async def _known(self, request: Request, user_id: str) -> User:
        tenant_id = principal_of(request.scope).tenant_id
        user = await self._store.find_user(tenant_id, to_request_id(user_id))
        if user is None:
            raise RefusedError(refusal=NOT_FOUND)
        return user

    def _check_may_change(self, request: Request, user: User, wish: UserChange) -> None:
        """Who sets a password or enables somebody can be that one: it must not be more than the
        asker is."""
        principal = principal_of(request.scope)
        if wish.password is not None or wish.disabled is False:
            check_grant(principal, user.role, _EVERYTHING)
        if wish.role is not None:
            check_grant(principal, Role.named(wish.role), _EVERYTHING)

    async def _note(self, request: Request, action: Action, user: User) -> None:
        await self._audit.note(
            action, target=f"user_{user.user_id}", role=user.role.title, **noted(request.scope)
        )


async def _on(changing: Awaitable[_T]) -> _T:
    try:
        return await changing
    except NotFoundError:
        raise RefusedError(refusal=NOT_FOUND) from None
    except LastAdminError:
        raise RefusedError(refusal=LAST_ADMIN) from None


def _view(user: User) -> UserView:
    return UserView(
        user_id=user.user_id,
        username=user.username,
        login=user.login,
        role=cast("RoleName", user.role.title),
        created_at=user.created_at,
        disabled_at=user.disabled_at,
    )
