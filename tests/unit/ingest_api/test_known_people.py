"""How long an access token is believed without asking: half a minute, and never past its end."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest_api.auth_keys import key_ring
from ingest_api.auth_people import KnownPeople
from ingest_api.auth_tokens import AccessTokens
from schemas.roles import Role
from storage.errors import StoreUnavailableError
from storage.tokens import Session, Standing
from storage.tokens_memory import MemoryTokenStore
from storage.users import User, UserChanges
from storage.users_memory import MemoryUserStore
from tests.contract.storage.people import person, session_of
from tests.unit.ingest_api.failing_stores import Switch
from tests.unit.ingest_api.signing import AUTH


class Clock:
    """The time of day, which may be set, and the seconds that have passed, which may not."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.passed = 1000.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.passed

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.passed += seconds


class Tokens(MemoryTokenStore):
    """Counts how often it is asked about somebody."""

    def __init__(self, users: MemoryUserStore, switch: Switch) -> None:
        super().__init__(users)
        self.asked = 0
        self._switch = switch

    async def find_standing(self, session: Session, jti: str) -> Standing | None:
        self._switch.pass_through()
        self.asked += 1
        return await super().find_standing(session, jti)


class World:
    def __init__(self) -> None:
        self.clock, self.switch = Clock(), Switch("postgres")
        self.users = MemoryUserStore()
        self.tokens = Tokens(self.users, self.switch)
        ring = key_ring(AUTH)
        assert ring is not None
        self.access = AccessTokens(ring, AUTH, clock=self.clock)
        self.people = KnownPeople(
            own=self.access, foreign=None, store=self.tokens, hit_s=30, miss_s=2,
            clock=self.clock, monotonic=self.clock.monotonic,
        )  # fmt: skip

    async def log_in(self, user: User) -> str:
        await self.users.add_user(user, "hash")
        session = session_of(user)
        assert await self.tokens.begin_session(session, b"x" * 32, password_hash="hash")
        return self.access.issue(session)


@pytest.fixture
async def world() -> World:
    return World()


async def test_a_demotion_shows_when_half_a_minute_is_over(world: World) -> None:
    alice = person(role=Role.ADMIN)
    token = await world.log_in(alice)
    await world.users.add_user(person("second", Role.ADMIN), "hash")
    for _ in range(3):
        found = await world.people.find(token)
        assert found is not None
        assert found.role is Role.ADMIN
    assert world.tokens.asked == 1
    await world.users.change_user("acme", alice.user_id, UserChanges(role=Role.VIEWER))
    world.clock.pass_by(31)
    found = await world.people.find(token)
    assert found is not None
    assert found.role is Role.VIEWER


@pytest.mark.parametrize("act", ["disable", "revoke"])
async def test_whoever_is_put_out_is_out_when_half_a_minute_is_over(world: World, act: str) -> None:
    alice = person()
    token = await world.log_in(alice)
    assert await world.people.find(token) is not None
    claims = world.access.read(token)
    assert claims is not None
    if act == "disable":
        await world.users.change_user("acme", alice.user_id, UserChanges(is_disabled=True))
    else:
        await world.tokens.revoke_token("acme", claims.jti, claims.session.expires_at)
    world.clock.pass_by(31)
    assert await world.people.find(token) is None


async def test_a_clock_that_is_set_back_keeps_nobody_in(world: World) -> None:
    alice = person()
    token = await world.log_in(alice)
    assert await world.people.find(token) is not None
    await world.users.change_user("acme", alice.user_id, UserChanges(is_disabled=True))
    world.clock.now -= timedelta(hours=1)
    world.clock.pass_by(29)
    assert await world.people.find(token) is not None
    world.clock.pass_by(2)
    assert await world.people.find(token) is None


async def test_what_is_remembered_ends_with_the_token(world: World) -> None:
    token = await world.log_in(person())
    world.clock.pass_by(AUTH.access_ttl_s + 60 - 10)
    assert await world.people.find(token) is not None
    world.clock.pass_by(11)
    assert await world.people.find(token) is None, "within half a minute, and past its end"
    assert world.tokens.asked == 1


async def test_a_token_that_is_not_good_is_not_asked_about_again_at_once(world: World) -> None:
    alice = person()
    token = await world.log_in(alice)
    await world.users.change_user("acme", alice.user_id, UserChanges(is_disabled=True))
    for _ in range(5):
        assert await world.people.find(token) is None
    assert world.tokens.asked == 1
    world.clock.pass_by(3)
    assert await world.people.find(token) is None
    assert world.tokens.asked == 2


async def test_an_outage_lets_those_in_who_are_remembered(world: World) -> None:
    token, other = await world.log_in(person()), await world.log_in(person("other"))
    assert await world.people.find(token) is not None
    world.switch.is_down = True
    assert await world.people.find(token) is not None
    with pytest.raises(StoreUnavailableError):
        await world.people.find(other)
    assert await world.people.find("a.b.c") is None, "the signature is looked at first"


async def test_a_token_of_before_a_change_of_password_is_over(world: World) -> None:
    alice = person()
    token = await world.log_in(alice)
    kept = world.users.find_kept("acme", alice.user_id)
    assert kept is not None
    claims = world.access.read(token)
    assert claims is not None
    later = claims.issued_at + timedelta(seconds=1)

    class Later(Tokens):
        async def find_standing(self, session: Session, jti: str) -> Standing | None:
            return Standing("alice", Role.ANALYST, "standard", later)

    people = KnownPeople(
        own=world.access, foreign=None, store=Later(world.users, world.switch), hit_s=30, miss_s=2,
        clock=world.clock,
    )  # fmt: skip
    assert await people.find(token) is None
