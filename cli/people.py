"""What `image-analyzer users` does in the database. All of it raises CommandError."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID, uuid4

from pydantic import ValidationError

from cli.api_keys import check_tenant_id, with_pool
from cli.exit_codes import CommandError, ConfigurationError
from cli.operator_audit import operator, operators_audit
from schemas.identity import UserWish
from schemas.roles import Role
from storage.audit import Action, AuditLog
from storage.errors import NotFoundError
from storage.passwords import hash_password
from storage.postgres_pool import PostgresPool
from storage.users import LastAdminError, User, UserChanges, UsernameTakenError, UserStore
from storage.users_postgres import PostgresUserStore

_T = TypeVar("_T")


def create(login: str, role: str, password: str) -> UUID:
    name, tenant_id = _parted(login)
    wish = _checked(name, password)
    user = User(uuid4(), tenant_id, wish.username, _role(role), datetime.now(UTC))
    hashed = hash_password(password)

    async def act(users: UserStore, audit: AuditLog) -> None:
        await users.add_user(user, hashed)
        await _note(audit, Action.USER_CREATED, user)

    _with_users(act)
    return user.user_id


def listed(tenant_id: str) -> list[str]:
    """One line a person."""
    check_tenant_id(tenant_id)
    found = _with_users(lambda users, _: users.list_users(tenant_id))
    return ["login\trole\tstate\tid", *(_line(user) for user in found)]


def disable(login: str, *, is_disabled: bool) -> None:
    noted = None if not is_disabled else Action.USER_DISABLED
    _change(login, UserChanges(is_disabled=is_disabled), noted)


def give_role(login: str, role: str) -> None:
    _change(login, UserChanges(role=_role(role)), Action.USER_ROLE_CHANGED)


def give_password(login: str, password: str) -> None:
    hashed = hash_password(_checked("somebody", password).password.get_secret_value())

    async def act(users: UserStore, audit: AuditLog) -> None:
        user = await _known(users, login)
        await users.set_password(user.tenant_id, user.user_id, hashed)
        await _note(audit, Action.PASSWORD_CHANGED, user)

    _with_users(act)


def _change(login: str, changes: UserChanges, noted: Action | None) -> None:
    async def act(users: UserStore, audit: AuditLog) -> None:
        user = await _known(users, login)
        changed = await users.change_user(user.tenant_id, user.user_id, changes)
        if noted is not None:
            await _note(audit, noted, changed)

    _with_users(act)


async def _note(audit: AuditLog, action: Action, user: User) -> None:
    await audit.note(
        action, actor=operator(), tenant_id=user.tenant_id, target=f"user_{user.user_id}",
        role=user.role.title,
    )  # fmt: skip


async def _known(users: UserStore, login: str) -> User:
    name, tenant_id = _parted(login)
    found = await users.find_login(tenant_id, name)
    if found is None:
        raise NotFoundError(f"there is no {login}")
    return found[0]


def _with_users(act: Callable[[UserStore, AuditLog], Awaitable[_T]]) -> _T:
    async def run(pool: PostgresPool) -> _T:
        async with operators_audit(pool) as audit:
            return await act(PostgresUserStore(pool), audit)

    try:
        return with_pool(run)
    except (NotFoundError, UsernameTakenError, LastAdminError) as error:
        raise CommandError(str(error)) from error


def _parted(login: str) -> tuple[str, str]:
    name, _, tenant_id = login.rpartition("@")
    if not name:
        raise ConfigurationError(f"{login}: is no NAME@TENANT")
    check_tenant_id(tenant_id)
    return name, tenant_id


def _checked(name: str, password: str) -> UserWish:
    try:
        return UserWish.model_validate({"username": name, "password": password})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ConfigurationError(f"{first['loc'][0]}: {first['msg']}") from None


def _role(name: str) -> Role:
    try:
        return Role.named(name)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _line(user: User) -> str:
    state = "enabled" if user.disabled_at is None else "disabled"
    return "\t".join((user.login, user.role.title, state, str(user.user_id)))
