"""API keys from the command line: the hash goes into PostgreSQL, the key nowhere."""

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from cli.exit_codes import CommandError, ConfigurationError, DependencyError
from cli.opened_pool import opened_pool
from cli.operator_audit import operator, operators_audit
from cli.settings import load_settings, require
from schemas.contract import TenantId
from schemas.identity import KeyWish
from schemas.roles import Role
from storage.api_keys_postgres import PostgresApiKeyStore
from storage.audit import Action
from storage.errors import NotFoundError, StorageError
from storage.key_format import hash_api_key, shown_prefix
from storage.ports import ApiKey, KeyNote, ListedKey
from storage.postgres_pool import PostgresPool
from storage.settings import PostgresSettings
from storage.users import LastAdminError, UsernameTakenError

_T = TypeVar("_T")
_HEAD = ("key", "prefix", "role", "scopes", "state", "last used", "name")


def check_tenant_id(text: str) -> None:
    """Raises ConfigurationError."""
    try:
        TypeAdapter(TenantId).validate_python(text)
    except ValidationError:
        raise ConfigurationError(
            f"--tenant {text}: must be up to 63 of a-z, 0-9, - and _, beginning with a letter "
            "or a digit"
        ) from None


async def add_key(postgres: PostgresSettings, key: str, *, tenant: str, wish: KeyWish) -> None:
    """A tenant that is new is added with its first key. A repeat with the same key changes nothing.
    Raises StorageError."""
    entry = ApiKey(
        f"key_{secrets.token_hex(8)}",
        tenant,
        Role.named(wish.role),
        frozenset(wish.scopes),
        wish.networks,
    )
    note = KeyNote(wish.name, shown_prefix(key), expires_at=wish.expires_at)
    async with opened_pool(postgres) as pool, operators_audit(pool) as audit:
        if await PostgresApiKeyStore(pool).add_api_key(entry, hash_api_key(key), note=note):
            await audit.note(
                Action.KEY_MINTED, actor=operator(), tenant_id=tenant, target=entry.key_id,
                role=wish.role, scopes=" ".join(wish.scopes),
            )  # fmt: skip


def listed_keys(tenant: str) -> list[str]:
    """One line a key. Raises ConfigurationError and DependencyError."""
    found = with_pool(lambda pool: PostgresApiKeyStore(pool).list_api_keys(tenant))
    return ["\t".join(_HEAD), *(_line(listed) for listed in found)]


def revoke_key(tenant: str, key_id: str) -> None:
    """Raises CommandError for a key that the tenant does not have."""
    try:
        with_pool(lambda pool: _revoke(pool, tenant, key_id))
    except NotFoundError as error:
        raise CommandError(str(error)) from error


async def _revoke(pool: PostgresPool, tenant: str, key_id: str) -> None:
    await PostgresApiKeyStore(pool).revoke_api_key(tenant, key_id)
    async with operators_audit(pool) as audit:
        await audit.note(
            Action.KEY_REVOKED, actor=operator(), tenant_id=tenant, target=key_id
        )  # fmt: skip


def with_pool(act: Callable[[PostgresPool], Awaitable[_T]]) -> _T:
    """What `act` gives, on the database of the settings. Raises what it raises that is about a
    thing, and DependencyError for a database that does not serve."""
    postgres = require(
        load_settings(os.environ, uses={"postgres"}).postgres, "ANALYZER_POSTGRES__DSN"
    )

    async def run() -> _T:
        async with opened_pool(postgres) as pool:
            return await act(pool)

    try:
        return asyncio.run(run())
    except (NotFoundError, UsernameTakenError, LastAdminError):
        raise
    except StorageError as error:
        raise DependencyError(f"{error}; nothing was changed") from error


def _line(listed: ListedKey) -> str:
    key, note = listed.key, listed.note
    used = listed.last_used_at
    return "\t".join(
        (
            key.key_id, note.prefix or "-", key.role.title, ",".join(sorted(key.scopes)) or "all",
            _state(listed), "never" if used is None else f"{used:%Y-%m-%d %H:%M}", note.name,
        )
    )  # fmt: skip


def _state(listed: ListedKey) -> str:
    expires_at = listed.note.expires_at
    if listed.revoked_at is not None:
        return "revoked"
    if expires_at is None:
        return "valid"
    return f"expires {expires_at:%Y-%m-%d}" if expires_at > datetime.now(UTC) else "expired"
