"""The contract of UserStore."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from uuid import uuid4

import pytest

from schemas.roles import Role
from storage.errors import LimitReachedError, NotFoundError
from storage.users import LastAdminError, UserChanges, UsernameTakenError, UserStore
from tests.contract.storage.conftest import AND_AS_THE_API, dsn_for
from tests.contract.storage.people import people_on, person

DISABLED, ENABLED = UserChanges(is_disabled=True), UserChanges(is_disabled=False)
VIEWER = UserChanges(role=Role.VIEWER)


@pytest.fixture(params=AND_AS_THE_API)
async def users(request: pytest.FixtureRequest) -> AsyncIterator[UserStore]:
    with nullcontext(None) if request.param == "memory" else dsn_for(request) as dsn:
        async with people_on(dsn) as people:
            yield people.users


async def test_somebody_is_found_by_id_and_by_name(users: UserStore) -> None:
    alice = person()
    await users.add_user(alice, "hash")
    assert await users.find_user("acme", alice.user_id) == alice
    assert await users.find_login("acme", "alice") == (alice, "hash")
    assert alice.login == "alice@acme"


async def test_nobody_is_found_in_another_tenant(users: UserStore) -> None:
    alice = person()
    await users.add_user(alice, "hash")
    assert await users.find_user("globex", alice.user_id) is None
    assert await users.find_login("globex", "alice") is None
    assert await users.find_login("acme", "bob\0") is None
    assert await users.list_users("globex") == []


async def test_a_name_is_taken_once_a_tenant(users: UserStore) -> None:
    alice, namesake = person(), person(tenant_id="globex")
    await users.add_user(alice, "hash")
    await users.add_user(alice, "hash")
    await users.add_user(namesake, "other")
    with pytest.raises(UsernameTakenError):
        await users.add_user(person(), "another")
    assert await users.list_users("acme") == [alice]
    assert await users.find_login("globex", "alice") == (namesake, "other")


async def test_a_list_is_ordered_by_name(users: UserStore) -> None:
    for name in ("carol", "alice", "bob"):
        await users.add_user(person(name), "hash")
    assert [user.username for user in await users.list_users("acme")] == ["alice", "bob", "carol"]


async def test_a_tenant_has_so_many_people(users: UserStore) -> None:
    alice, bob = person(), person("bob")
    await users.add_user(person("foreign", tenant_id="globex"), "hash")
    await users.add_user(alice, "hash", at_most=2)
    await users.add_user(bob, "hash", at_most=2)
    await users.change_user("acme", bob.user_id, DISABLED)
    with pytest.raises(LimitReachedError):
        await users.add_user(person("carol"), "hash", at_most=2)
    with pytest.raises(UsernameTakenError):
        await users.add_user(person("bob"), "hash", at_most=2)
    await users.add_user(alice, "hash", at_most=2)  # as one that is sent again
    await users.remove_user("acme", bob.user_id)
    await users.add_user(person("carol"), "hash", at_most=2)
    await users.add_user(person("dave"), "hash")
    names = [user.username for user in await users.list_users("acme", limit=2)]
    assert names == ["alice", "carol"]


async def test_role_and_state_change_apart(users: UserStore) -> None:
    alice = person(role=Role.OPERATOR)
    await users.add_user(alice, "hash")
    disabled = await users.change_user("acme", alice.user_id, DISABLED)
    assert disabled.disabled_at is not None
    assert disabled.role is Role.OPERATOR
    again = await users.change_user("acme", alice.user_id, DISABLED)
    assert again.disabled_at == disabled.disabled_at
    viewer = await users.change_user("acme", alice.user_id, VIEWER)
    assert (viewer.role, viewer.disabled_at) == (Role.VIEWER, disabled.disabled_at)
    enabled = await users.change_user("acme", alice.user_id, ENABLED)
    assert enabled.disabled_at is None
    assert await users.find_user("acme", alice.user_id) == enabled


async def test_a_password_is_replaced(users: UserStore) -> None:
    alice = person()
    await users.add_user(alice, "hash")
    await users.set_password("acme", alice.user_id, "new")
    assert await users.find_login("acme", "alice") == (alice, "new")


async def test_a_password_is_replaced_if_it_is_the_one_that_was_meant(users: UserStore) -> None:
    alice = person()
    await users.add_user(alice, "old")
    with pytest.raises(NotFoundError):
        await users.set_password("acme", alice.user_id, "new", replacing="another")
    assert await users.find_login("acme", "alice") == (alice, "old")
    for _ in range(2):  # as one that is sent again after a lost connection
        await users.set_password("acme", alice.user_id, "new", replacing="old")
    assert await users.find_login("acme", "alice") == (alice, "new")


async def test_whoever_is_removed_is_gone(users: UserStore) -> None:
    alice = person()
    await users.add_user(alice, "hash")
    await users.remove_user("acme", alice.user_id)
    assert await users.find_user("acme", alice.user_id) is None


@pytest.mark.parametrize("tenant_id", ["globex", "acme"])
async def test_only_the_tenants_own_are_changed(users: UserStore, tenant_id: str) -> None:
    alice = person()
    await users.add_user(alice, "hash")
    user_id = alice.user_id if tenant_id == "globex" else uuid4()
    with pytest.raises(NotFoundError):
        await users.change_user(tenant_id, user_id, DISABLED)
    with pytest.raises(NotFoundError):
        await users.set_password(tenant_id, user_id, "new")
    with pytest.raises(NotFoundError):
        await users.remove_user(tenant_id, user_id)
    assert await users.find_login("acme", "alice") == (alice, "hash")


async def test_the_last_administrator_stays(users: UserStore) -> None:
    last, other = person("root", Role.ADMIN), person("other", Role.ADMIN)
    await users.add_user(last, "hash")
    await users.add_user(other, "hash")
    await users.add_user(person("foreign", Role.ADMIN, "globex"), "hash")
    await users.change_user("acme", other.user_id, DISABLED)
    for changes in (DISABLED, VIEWER, UserChanges(Role.VIEWER, is_disabled=True)):
        with pytest.raises(LastAdminError):
            await users.change_user("acme", last.user_id, changes)
    with pytest.raises(LastAdminError):
        await users.remove_user("acme", last.user_id)
    assert await users.find_user("acme", last.user_id) == last
    await users.change_user("acme", last.user_id, UserChanges(Role.ADMIN, is_disabled=False))
    await users.change_user("acme", other.user_id, ENABLED)
    await users.change_user("acme", last.user_id, VIEWER)
    await users.remove_user("acme", last.user_id)


@pytest.mark.parametrize("act", ["demote", "disable", "remove"])
async def test_of_two_that_leave_at_once_one_stays(users: UserStore, act: str) -> None:
    one, two = person("one", Role.ADMIN), person("two", Role.ADMIN)
    await users.add_user(one, "hash")
    await users.add_user(two, "hash")
    doing = [
        users.remove_user("acme", user.user_id)
        if act == "remove"
        else users.change_user("acme", user.user_id, VIEWER if act == "demote" else DISABLED)
        for user in (one, two)
    ]
    ended = await asyncio.gather(*doing, return_exceptions=True)
    assert sum(isinstance(end, LastAdminError) for end in ended) == 1
    standing = [user for user in await users.list_users("acme") if user.disabled_at is None]
    assert [user.role for user in standing].count(Role.ADMIN) == 1
