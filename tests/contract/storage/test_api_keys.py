"""The contract of ApiKeyStore."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_network

import pytest

from schemas.roles import Role
from storage.errors import LimitReachedError, NotFoundError
from storage.ports import ApiKey, ApiKeyStore, KeyNote

HASH = sha256(b"iak_secret").digest()
OTHER = sha256(b"other").digest()
KEY = ApiKey(key_id="k-1", tenant_id="acme")
LAPTOP = KeyNote("laptop")
NARROW = ApiKey(
    key_id="k-2", tenant_id="acme", role=Role.VIEWER, scopes=frozenset({"read", "keys"}),
    networks=(ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")),
)  # fmt: skip


async def test_a_key_is_found_by_its_hash(api_keys: ApiKeyStore) -> None:
    await api_keys.add_api_key(KEY, HASH, note=LAPTOP)
    assert await api_keys.find_api_key(HASH) == KEY
    assert await api_keys.find_api_key(HASH) == KEY


async def test_an_unknown_key_is_none(api_keys: ApiKeyStore) -> None:
    assert await api_keys.find_api_key(HASH) is None
    assert await api_keys.find_api_key(b"") is None


async def test_adding_again_changes_nothing(api_keys: ApiKeyStore) -> None:
    assert await api_keys.add_api_key(KEY, HASH, note=LAPTOP)
    assert not await api_keys.add_api_key(KEY, HASH, note=KeyNote("other name"))
    other = ApiKey("k-2", "globex")
    assert not await api_keys.add_api_key(other, HASH, note=KeyNote("the same secret"))
    assert await api_keys.find_api_key(HASH) == KEY


async def test_a_tenant_may_have_several_keys(api_keys: ApiKeyStore) -> None:
    await api_keys.add_api_key(KEY, HASH, note=KeyNote("laptop\0"))
    await api_keys.add_api_key(NARROW, OTHER, note=KeyNote("server"))
    assert await api_keys.find_api_key(OTHER) == NARROW


async def test_a_list_has_the_tenants_keys_only(api_keys: ApiKeyStore) -> None:
    ends = datetime(2999, 1, 1, tzinfo=UTC)
    note = KeyNote("server", "aia_1234", "key_boss", ends)
    await api_keys.add_api_key(KEY, HASH, note=LAPTOP)
    await api_keys.add_api_key(NARROW, OTHER, note=note)
    await api_keys.add_api_key(ApiKey("k-3", "globex"), b"3" * 32, note=LAPTOP)
    await api_keys.find_api_key(OTHER)
    second, first = await api_keys.list_api_keys("acme")
    assert (first.key, first.note, first.last_used_at) == (KEY, LAPTOP, None)
    assert (second.key, second.note, second.revoked_at) == (NARROW, note, None)
    assert second.last_used_at is not None
    assert second.last_used_at >= second.created_at
    assert await api_keys.list_api_keys("initech") == []


async def test_a_revoked_key_lets_nobody_in_and_stays_in_the_list(api_keys: ApiKeyStore) -> None:
    await api_keys.add_api_key(KEY, HASH, note=LAPTOP)
    await api_keys.revoke_api_key("acme", "k-1")
    assert await api_keys.find_api_key(HASH) is None
    first = (await api_keys.list_api_keys("acme"))[0].revoked_at
    assert first is not None
    await api_keys.revoke_api_key("acme", "k-1")
    assert (await api_keys.list_api_keys("acme"))[0].revoked_at == first


@pytest.mark.parametrize("tenant_id", ["globex", "acme"])
async def test_only_a_key_of_the_tenant_is_revoked(api_keys: ApiKeyStore, tenant_id: str) -> None:
    await api_keys.add_api_key(KEY, HASH, note=LAPTOP)
    with pytest.raises(NotFoundError):
        await api_keys.revoke_api_key(tenant_id, "k-1" if tenant_id == "globex" else "k\0")
    assert await api_keys.find_api_key(HASH) == KEY


async def test_an_expired_key_lets_nobody_in(api_keys: ApiKeyStore) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    await api_keys.add_api_key(KEY, HASH, note=KeyNote("old", expires_at=past))
    assert await api_keys.find_api_key(HASH) is None


def another(number: int, tenant_id: str = "acme") -> tuple[ApiKey, bytes]:
    return ApiKey(f"k-{tenant_id}-{number}", tenant_id), sha256(
        f"{tenant_id} {number}".encode()
    ).digest()


async def test_a_tenant_has_so_many_keys_that_work(api_keys: ApiKeyStore) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    await api_keys.add_api_key(*another(0, "globex"), note=LAPTOP)
    await api_keys.add_api_key(*another(0), note=KeyNote("old", expires_at=past))
    for number in (1, 2):
        assert await api_keys.add_api_key(*another(number), note=LAPTOP, at_most=2)
    with pytest.raises(LimitReachedError):
        await api_keys.add_api_key(*another(3), note=LAPTOP, at_most=2)
    assert await api_keys.find_api_key(another(3)[1]) is None
    # as one that is sent again after a lost connection
    assert not await api_keys.add_api_key(*another(2), note=LAPTOP, at_most=2)
    await api_keys.revoke_api_key("acme", "k-acme-1")
    assert await api_keys.add_api_key(*another(3), note=LAPTOP, at_most=2)
    assert await api_keys.add_api_key(*another(4), note=LAPTOP)


async def test_a_list_begins_with_what_works_and_ends(api_keys: ApiKeyStore) -> None:
    now = datetime.now(UTC)
    ends = {2: now - timedelta(days=89), 3: now - timedelta(days=91), 4: now + timedelta(days=1)}
    for number in range(7):
        note = KeyNote(f"{number}", expires_at=ends.get(number))
        await api_keys.add_api_key(*another(number), note=note)
    await api_keys.revoke_api_key("acme", "k-acme-5")
    names = [listed.note.name for listed in await api_keys.list_api_keys("acme")]
    assert names == ["6", "4", "1", "0", "5", "2"]
    shorter = await api_keys.list_api_keys("acme", limit=4)
    assert [listed.note.name for listed in shorter] == names[:4]
