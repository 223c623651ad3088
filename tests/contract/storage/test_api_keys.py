"""The contract of ApiKeyStore."""

from hashlib import sha256

from storage.ports import ApiKey, ApiKeyStore

HASH = sha256(b"iak_secret").digest()
KEY = ApiKey(key_id="k-1", tenant_id="acme")


async def test_a_key_is_found_by_its_hash(api_keys: ApiKeyStore) -> None:
    await api_keys.add_api_key(KEY, HASH, name="laptop")
    assert await api_keys.find_api_key(HASH) == KEY
    assert await api_keys.find_api_key(HASH) == KEY


async def test_an_unknown_key_is_none(api_keys: ApiKeyStore) -> None:
    assert await api_keys.find_api_key(HASH) is None
    assert await api_keys.find_api_key(b"") is None


async def test_adding_again_changes_nothing(api_keys: ApiKeyStore) -> None:
    await api_keys.add_api_key(KEY, HASH, name="laptop")
    await api_keys.add_api_key(KEY, HASH, name="other name")
    await api_keys.add_api_key(ApiKey("k-2", "globex"), HASH, name="the same secret")
    assert await api_keys.find_api_key(HASH) == KEY


async def test_a_tenant_may_have_several_keys(api_keys: ApiKeyStore) -> None:
    other = sha256(b"other").digest()
    await api_keys.add_api_key(KEY, HASH, name="laptop\0")
    await api_keys.add_api_key(ApiKey("k-2", "acme"), other, name="server")
    assert await api_keys.find_api_key(other) == ApiKey("k-2", "acme")
