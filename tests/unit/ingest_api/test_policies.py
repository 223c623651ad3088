"""The table of policies: what it lets through, what it refuses, and that nothing is left out."""

from collections.abc import Iterator
from itertools import pairwise
from uuid import uuid4

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from ingest_api.errors import RefusedError
from ingest_api.policies import (
    POLICIES,
    Access,
    Body,
    Owner,
    Policies,
    Policy,
    UndeclaredRouteError,
    places_of,
)
from ingest_api.scope import Principal
from ingest_api.settings import ApiSettings
from schemas.roles import Role
from schemas.scopes import SCOPES
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import TwinApi


def nobody(_: Request) -> Response:
    return Response()


def routes() -> Iterator[Route]:
    for method, path in POLICIES:
        yield Route(path, nobody, methods=[method])


@pytest.mark.parametrize(
    "stranger",
    [Route("/new", nobody), Mount("/below", routes=[]), Route("/health", nobody, methods=["POST"])],
)
def test_a_route_without_a_policy_does_not_start(stranger: Route | Mount) -> None:
    Policies().check_complete(routes())
    with pytest.raises(UndeclaredRouteError, match=stranger.path):
        Policies().check_complete([*routes(), stranger])


def test_a_policy_without_a_route_does_not_start() -> None:
    first, *others = routes()
    with pytest.raises(UndeclaredRouteError, match=first.path):
        Policies().check_complete(others)


def test_the_application_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(POLICIES, ("GET", "/api/v1/events"))
    with pytest.raises(UndeclaredRouteError, match="/api/v1/events"):
        TwinApi(ApiSettings())


def test_every_policy_of_a_tenant_has_a_scope_and_every_scope_a_policy() -> None:
    policies = Policies(protects_metrics=True).table.values()
    scopes = {policy.scope for policy in policies if policy.access is Access.TENANT}
    assert scopes == set(SCOPES) or scopes == {*SCOPES, None}


def test_what_names_a_thing_says_whose_it_is() -> None:
    for (_, path), policy in POLICIES.items():
        assert ("{" in path) == (policy.owner is not Owner.NOBODY), path
        assert policy.access is Access.TENANT or policy.owner is Owner.NOBODY


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(Role)))
def test_a_higher_role_includes_the_lower(lower: Role, higher: Role) -> None:
    for policy in POLICIES.values():
        if policy.role <= lower:
            policy.check(Principal("acme", "k", higher, user_id=uuid4()))
    assert [Role.named(role.title) for role in Role] == sorted(Role)


def test_what_is_for_people_is_for_no_key() -> None:
    policy = Policy(Access.TENANT, people_only=True)
    policy.check(Principal("acme", "user_x", Role.VIEWER, user_id=uuid4()))
    with pytest.raises(RefusedError, match="forbidden: it is for people"):
        policy.check(Principal("acme", "k", Role.ADMIN))


def test_a_missing_role_or_scope_is_named() -> None:
    policy = Policy(Access.TENANT, Role.ANALYST, "analyze")
    policy.check(Principal("acme", "k", Role.ANALYST, frozenset({"read", "analyze"})))
    with pytest.raises(RefusedError, match="forbidden: the role analyst is needed"):
        policy.check(Principal("acme", "k", Role.VIEWER))
    with pytest.raises(RefusedError, match="forbidden: the scope analyze is needed"):
        policy.check(Principal("acme", "k", Role.ADMIN, frozenset({"read"})))


@pytest.mark.parametrize(
    ("method", "path", "access"),
    [
        ("GET", "/health", Access.PUBLIC),
        ("HEAD", "/docs", Access.PUBLIC),
        ("POST", "/health", Access.PUBLIC),
        ("GET", "/health/", Access.TENANT),
        ("GET", "//health", Access.TENANT),
        ("GET", "/HEALTH", Access.TENANT),
        ("GET", "/nothing", Access.TENANT),
        ("PATCH", "/api/v1/keys", Access.TENANT),
    ],
)
def test_a_path_that_is_spelt_otherwise_is_not_public(
    method: str, path: str, access: Access
) -> None:
    assert Policies().of(method, path).access is access


def test_a_path_with_a_name_in_it_finds_its_policy() -> None:
    policies = Policies()
    place = ("POST", "/api/v1/analyses/{request_id}/cancel")
    assert policies.of("POST", "/api/v1/analyses/any/cancel") is POLICIES[place]
    assert policies.of("POST", "/api/v1/analyze/upload").body is Body.UPLOAD
    assert policies.of("POST", "/api/v1/analyze/upload/x").body is Body.NONE


async def test_metrics_are_not_beside_what_the_public_reaches() -> None:
    async with TwinApi(ApiSettings()).running() as api, api.client(None) as stranger:
        problem_of(await stranger.get("/metrics"), 404, "not_found")


async def test_metrics_may_be_kept_for_operators() -> None:
    async with TwinApi(ApiSettings(metrics_for="operators")).running() as api:
        async with api.client(None) as stranger:
            problem_of(await stranger.get("/metrics"), 401, "unauthenticated")
        async with api.client() as analyst:
            refused = problem_of(await analyst.get("/metrics"), 403, "forbidden")
            assert (refused["field"], refused["allowed"]) == ("role", "operator")


async def test_places_are_what_the_application_answers(api: TwinApi) -> None:
    assert places_of(api.app.routes) == set(POLICIES)
