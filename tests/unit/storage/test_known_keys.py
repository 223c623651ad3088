"""A key is looked up once in a while, and nobody's guesses fill the memory."""

import pytest

from storage.api_keys_memory import MemoryApiKeyStore
from storage.key_format import hash_api_key, mint_api_key
from storage.known_keys import KnownKeys, bearer_key
from storage.ports import ApiKey, KeyNote

ACME = ApiKey("k-1", "acme")


class CountingKeys(MemoryApiKeyStore):
    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def find_api_key(self, key_hash: bytes) -> ApiKey | None:
        self.asked += 1
        return await super().find_api_key(key_hash)


class Known:
    """What is known, its store, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.store = CountingKeys()
        self.keys = KnownKeys(self.store, hit_s=30, miss_s=2, may_be_key=bool, now=lambda: self.now)

    async def add(self, key: str) -> None:
        await self.store.add_api_key(ACME, hash_api_key(key), note=KeyNote("test"))


@pytest.fixture
def known() -> Known:
    return Known()


async def test_a_key_that_is_good_is_asked_for_again_after_a_while(known: Known) -> None:
    await known.add("good")
    for at, asked in ((1000.0, 1), (1029.9, 1), (1030.0, 2), (1059.9, 2)):
        known.now = at
        assert await known.keys.find("good") == ACME
        assert known.store.asked == asked


async def test_a_key_that_was_tried_too_early_works_soon(known: Known) -> None:
    assert await known.keys.find("new") is None
    await known.add("new")
    known.now = 1001.9
    assert await known.keys.find("new") is None
    assert known.store.asked == 1
    known.now = 1002.0
    assert await known.keys.find("new") == ACME


@pytest.mark.parametrize("key", [None, "", "x" * 513])
async def test_what_can_be_no_key_is_not_looked_up(known: Known, key: str | None) -> None:
    assert await known.keys.find(key) is None
    assert known.store.asked == 0


async def test_what_has_wrong_check_digits_is_not_looked_up() -> None:
    store, key = CountingKeys(), mint_api_key()
    await store.add_api_key(ACME, hash_api_key(key), note=KeyNote("test"))
    keys = KnownKeys(store, hit_s=30, miss_s=2)
    assert await keys.find(key[:-1] + ("0" if key[-1] != "0" else "1")) is None
    assert store.asked == 0
    assert await keys.find(key) == ACME
    assert store.asked == 1


async def test_guesses_push_out_guesses_and_no_good_key(known: Known) -> None:
    await known.add("good")
    await known.keys.find("good")
    for number in range(10_001):
        await known.keys.find(f"guess-{number}")
    asked = known.store.asked
    assert await known.keys.find("good") == ACME
    assert await known.keys.find("guess-10000") is None
    assert known.store.asked == asked
    await known.keys.find("guess-0")
    assert known.store.asked == asked + 1


@pytest.mark.parametrize(
    ("authorization", "key"),
    [
        ("Bearer aia_1", "aia_1"),
        ("bearer  aia_1 ", "aia_1"),
        ("BEARER aia_1", "aia_1"),
        ("Bearer ", ""),
        ("Bearer", ""),
        ("Basic aia_1", None),
        ("aia_1", None),
        ("", None),
    ],
)
def test_only_a_bearer_s_key_is_one(authorization: str, key: str | None) -> None:
    assert bearer_key(authorization) == key
