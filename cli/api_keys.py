"""Storing an API key: the hash in PostgreSQL, the key nowhere."""

import secrets

from pydantic import TypeAdapter, ValidationError

from cli.exit_codes import ConfigurationError
from schemas.contract import TenantId
from storage.api_keys_postgres import PostgresApiKeyStore
from storage.key_format import hash_api_key
from storage.ports import ApiKey
from storage.postgres_pool import PostgresPool
from storage.settings import PostgresSettings


def is_tenant_id(text: str) -> bool:
    try:
        TypeAdapter(TenantId).validate_python(text)
    except ValidationError:
        return False
    return True


def to_tenant(text: str) -> str:
    """Raises ConfigurationError for what names no tenant."""
    if not is_tenant_id(text):
        raise ConfigurationError(
            f"--tenant {text}: must be up to 63 of a-z, 0-9, - and _, beginning with a letter "
            "or a digit"
        )
    return text


async def add_key(postgres: PostgresSettings, key: str, *, tenant: str, name: str) -> None:
    """A tenant that is new is added with its first key. A repeat with the same key changes nothing.
    Raises StorageError."""
    pool = PostgresPool(postgres)
    await pool.open()
    try:
        entry = ApiKey(f"key_{secrets.token_hex(8)}", tenant)
        await PostgresApiKeyStore(pool).add_api_key(entry, hash_api_key(key), name=name)
    finally:
        await pool.aclose()
