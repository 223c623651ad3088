"""The contract of AttemptStore: waits that grow and end, and whom a stranger cannot keep out."""

import asyncio
from collections.abc import AsyncIterator
from secrets import token_hex

import pytest

from storage.login_attempts import Attempt, AttemptStore, Patience
from storage.login_attempts_memory import MemoryAttemptStore
from storage.login_attempts_redis import RedisAttemptStore

THREE = Patience(free=3, longest_s=2)
BRIEF = Patience(free=1, longest_s=1)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
async def attempts(request: pytest.FixtureRequest) -> AsyncIterator[AttemptStore]:
    store: AttemptStore = MemoryAttemptStore()
    if request.param == "redis":
        url = request.getfixturevalue("redis_server").url
        store = RedisAttemptStore(url, timeout_s=2)
    yield store
    await store.aclose()


@pytest.fixture
def account() -> str:
    """One that no other test has: Redis is shared by all of them."""
    return token_hex(8)


async def waits(attempts: AttemptStore, attempt: Attempt, times: int) -> list[int]:
    return [await attempts.begin(attempt, THREE) for _ in range(times)]


async def test_the_first_tries_are_free_and_then_there_is_a_wait(
    attempts: AttemptStore, account: str
) -> None:
    one = Attempt(account, "home")
    first, second, third, fourth, fifth = await waits(attempts, one, 5)
    assert (first, second, third) == (0, 0, 0)
    assert 0 < fifth <= fourth <= 1000, "what had to wait is not counted: it does not grow"


async def test_of_many_at_once_no_more_than_the_free_ones_pass(
    attempts: AttemptStore, account: str
) -> None:
    one = Attempt(account, "home")
    found = await asyncio.gather(*(attempts.begin(one, THREE) for _ in range(30)))
    assert found.count(0) == 3


async def test_a_try_that_succeeds_forgets_the_others(attempts: AttemptStore, account: str) -> None:
    one = Attempt(account, "home")
    for _ in range(4):
        assert await waits(attempts, one, 2) == [0, 0]
        await attempts.succeed(one)


async def test_accounts_do_not_move_one_another(attempts: AttemptStore, account: str) -> None:
    await waits(attempts, Attempt(account, "home"), 4)
    assert await attempts.begin(Attempt(account + "x", "home"), THREE) == 0


async def test_guesses_from_many_places_are_counted_together(
    attempts: AttemptStore, account: str
) -> None:
    found = [await attempts.begin(Attempt(account, f"bot-{n}"), THREE) for n in range(4)]
    assert found[:3] == [0, 0, 0]
    assert found[3] > 0


async def test_strangers_do_not_keep_out_who_comes_from_a_known_place(
    attempts: AttemptStore, account: str
) -> None:
    home = Attempt(account, "home")
    assert await attempts.begin(home, THREE) == 0
    await attempts.succeed(home)
    for number in range(6):
        await attempts.begin(Attempt(account, f"bot-{number}"), THREE)
    assert await attempts.begin(Attempt(account, "hotel"), THREE) > 0
    assert await waits(attempts, home, 3) == [0, 0, 0]
    assert await attempts.begin(home, THREE) > 0, "guesses from there are counted all the same"


@pytest.mark.parametrize("place", ["home", "new"])
async def test_the_owners_logins_give_a_guesser_no_new_tries(
    attempts: AttemptStore, account: str, place: str
) -> None:
    home = Attempt(account, "home")
    await attempts.begin(home, THREE)
    await attempts.succeed(home)
    for number in range(5):
        await attempts.begin(Attempt(account, f"bot-{number}"), THREE)
    await attempts.succeed(Attempt(account, place))
    assert await attempts.begin(Attempt(account, "bot-6"), THREE) > 0


async def test_a_wait_ends(attempts: AttemptStore, account: str) -> None:
    one = Attempt(account, "home")
    assert await attempts.begin(one, BRIEF) == 0
    async with asyncio.timeout(10):
        while (wait_ms := await attempts.begin(one, BRIEF)) > 0:
            assert wait_ms <= 1000
            await asyncio.sleep(wait_ms / 1000)


@pytest.mark.parametrize(
    ("tries", "wait_s"),
    [(1, 0), (4, 0), (5, 1), (6, 2), (7, 4), (13, 256), (14, 300), (10_000, 300)],
)
def test_waits_double_up_to_the_longest(tries: int, wait_s: int) -> None:
    assert Patience().wait_ms(tries) == 1000 * wait_s
