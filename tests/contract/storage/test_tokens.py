"""The contract of TokenStore."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from schemas.roles import Role
from storage.tokens import Session, hash_refresh_token, mint_refresh_token, tenant_of
from storage.users import User, UserChanges
from tests.contract.storage.conftest import AND_AS_THE_API, dsn_for
from tests.contract.storage.people import People, people_on, person, session_of

FIRST, SECOND, THIRD = (sha256(text).digest() for text in (b"1", b"2", b"3"))


@pytest.fixture(params=AND_AS_THE_API)
async def people(request: pytest.FixtureRequest) -> AsyncIterator[People]:
    with nullcontext(None) if request.param == "memory" else dsn_for(request) as dsn:
        async with people_on(dsn) as opened:
            yield opened


async def logged_in(people: People, alice: User | None = None) -> Session:
    user = alice or person(f"user-{uuid4().hex[:8]}")
    await people.users.add_user(user, "hash")
    session = session_of(user)
    assert await people.tokens.begin_session(session, FIRST, password_hash="hash")
    return session


async def test_a_session_has_a_standing(people: People) -> None:
    alice = person()
    session = await logged_in(people, alice)
    standing = await people.tokens.find_standing(session, "jti")
    assert standing is not None
    assert (standing.username, standing.role, standing.tier) == ("alice", Role.ANALYST, "standard")
    assert standing.not_before <= datetime.now(UTC) + timedelta(seconds=1)
    await people.users.change_user("acme", alice.user_id, UserChanges(role=Role.VIEWER))
    demoted = await people.tokens.find_standing(session, "jti")
    assert demoted is not None
    assert demoted.role is Role.VIEWER


async def test_a_token_is_exchanged_once(people: People) -> None:
    session = await logged_in(people)
    assert await people.tokens.rotate("acme", FIRST, SECOND) == session
    assert await people.tokens.rotate("acme", FIRST, THIRD) is None
    assert await people.tokens.rotate("acme", SECOND, THIRD) == session


async def test_a_repeat_of_the_same_exchange_is_the_same(people: People) -> None:
    session = await logged_in(people)
    assert await people.tokens.rotate("acme", FIRST, SECOND) == session
    assert await people.tokens.rotate("acme", FIRST, SECOND) == session


async def test_of_two_exchanges_at_once_one_is_good(people: People) -> None:
    session = await logged_in(people)
    ended = await asyncio.gather(
        *(people.tokens.rotate("acme", FIRST, new) for new in (SECOND, THIRD))
    )
    assert sorted(ended, key=str) == sorted([session, None], key=str)


async def test_a_second_use_ends_the_family(people: People) -> None:
    session = await logged_in(people)
    assert await people.tokens.revoke_reused("acme", FIRST) is None
    assert await people.tokens.find_standing(session, "jti") is not None
    await people.tokens.rotate("acme", FIRST, SECOND)
    assert await people.tokens.revoke_reused("acme", SECOND) is None
    assert await people.tokens.revoke_reused("acme", FIRST) == session
    assert await people.tokens.rotate("acme", SECOND, THIRD) is None
    assert await people.tokens.find_standing(session, "jti") is None


async def test_unknown_tokens_and_those_of_another_tenant_are_nobodys(people: People) -> None:
    session = await logged_in(people)
    for tenant_id, token in (("globex", FIRST), ("acme", SECOND)):
        assert await people.tokens.rotate(tenant_id, token, THIRD) is None
        assert await people.tokens.revoke_reused(tenant_id, token) is None
        assert await people.tokens.revoke_session(tenant_id, token) is None
    foreign = Session(session.session_id, "globex", session.user_id, session.expires_at)
    assert await people.tokens.find_standing(foreign, "jti") is None
    assert await people.tokens.rotate("acme", FIRST, SECOND) == session


async def test_a_session_is_revoked_by_any_of_its_tokens(people: People) -> None:
    session = await logged_in(people)
    await people.tokens.rotate("acme", FIRST, SECOND)
    assert await people.tokens.revoke_session("acme", FIRST) == session
    assert await people.tokens.revoke_session("acme", FIRST) == session
    assert await people.tokens.rotate("acme", SECOND, THIRD) is None
    assert await people.tokens.find_standing(session, "jti") is None


async def test_an_access_token_is_revoked_alone(people: People) -> None:
    session = await logged_in(people)
    for _ in range(2):
        await people.tokens.revoke_token("acme", "jti-1\0", session.expires_at)
    assert await people.tokens.find_standing(session, "jti-1\0") is None
    assert await people.tokens.find_standing(session, "jti-2") is not None
    await people.tokens.revoke_token("globex", "jti-2", session.expires_at)
    assert await people.tokens.find_standing(session, "jti-2") is not None


async def test_a_session_ends(people: People) -> None:
    alice = person()
    await people.users.add_user(alice, "hash")
    over = session_of(alice, lasts=timedelta(seconds=-1))
    assert await people.tokens.begin_session(over, FIRST, password_hash="hash")
    assert await people.tokens.rotate("acme", FIRST, SECOND) is None
    assert await people.tokens.find_standing(over, "jti") is None
    assert await people.tokens.begin_session(session_of(alice), SECOND, password_hash="hash")
    assert await people.tokens.rotate("acme", SECOND, THIRD) is not None


@pytest.mark.parametrize("act", ["disable", "password", "remove"])
async def test_sessions_end_with_what_they_stand_on(people: People, act: str) -> None:
    alice = person()
    session = await logged_in(people, alice)
    if act == "disable":
        await people.users.change_user("acme", alice.user_id, UserChanges(is_disabled=True))
    elif act == "password":
        await people.users.set_password("acme", alice.user_id, "new")
    else:
        await people.users.remove_user("acme", alice.user_id)
    assert await people.tokens.find_standing(session, "jti") is None
    assert await people.tokens.rotate("acme", FIRST, SECOND) is None
    if act == "disable":
        await people.users.change_user("acme", alice.user_id, UserChanges(is_disabled=False))
        assert await people.tokens.find_standing(session, "jti") is None


@pytest.mark.parametrize("act", ["disable", "password", "remove", "nobody", "foreign"])
async def test_a_login_that_is_overtaken_begins_nothing(people: People, act: str) -> None:
    alice = person()
    await people.users.add_user(alice, "hash")
    session = session_of(alice)
    if act == "disable":
        await people.users.change_user("acme", alice.user_id, UserChanges(is_disabled=True))
    elif act == "password":
        await people.users.set_password("acme", alice.user_id, "new")
    elif act == "remove":
        await people.users.remove_user("acme", alice.user_id)
    elif act == "nobody":
        session = session_of(person("bob"))
    else:
        session = session_of(replace(alice, tenant_id="globex"))
    assert not await people.tokens.begin_session(session, FIRST, password_hash="hash")
    if act == "disable":
        await people.users.change_user("acme", alice.user_id, UserChanges(is_disabled=False))
    assert await people.tokens.find_standing(session, "jti") is None
    assert await people.tokens.rotate("acme", FIRST, SECOND) is None


async def test_a_session_that_is_begun_again_is_the_same(people: People) -> None:
    """As one that is sent again after a lost connection."""
    alice = person()
    await people.users.add_user(alice, "hash")
    session = session_of(alice)
    for _ in range(2):
        assert await people.tokens.begin_session(session, FIRST, password_hash="hash")
    assert await people.tokens.rotate("acme", FIRST, SECOND) == session


async def test_after_a_change_one_logs_in_again(people: People) -> None:
    alice = person()
    await logged_in(people, alice)
    await people.users.set_password("acme", alice.user_id, "new")
    for is_disabled in (True, False):
        await people.users.change_user("acme", alice.user_id, UserChanges(is_disabled=is_disabled))
    session = session_of(alice)
    assert await people.tokens.begin_session(session, SECOND, password_hash="new")
    assert await people.tokens.find_standing(session, "jti") is not None
    assert await people.tokens.rotate("acme", SECOND, THIRD) == session


async def test_the_tier_of_a_tenant(people: People) -> None:
    session = await logged_in(people)
    assert await people.tokens.find_tier("acme", "jti") == "standard"
    assert await people.tokens.find_tier("nobody", "jti") is None
    assert await people.tokens.find_tier("no\0body", "jti") is None
    await people.tokens.revoke_token("acme", "jti", session.expires_at)
    assert await people.tokens.find_tier("acme", "jti") is None


def test_a_refresh_token_names_its_tenant() -> None:
    one, two = mint_refresh_token("acme"), mint_refresh_token("acme")
    assert one != two
    assert hash_refresh_token(one) != hash_refresh_token(two)
    assert tenant_of(one) == "acme"
    for text in (
        "",
        one[:-1],
        one + "x",
        one.removeprefix("air_"),
        one.replace("acme", "A"),
        one + "\n",
    ):
        assert tenant_of(text) is None
