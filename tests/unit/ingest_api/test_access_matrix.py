"""Who may do what with whose: every role and kind of credential, every route of the table, every
kind of owner. The cells come out of the table; a route that this module cannot ask fails it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import httpx
import pytest

from ingest_api.auth_keys import key_ring
from ingest_api.auth_tokens import AccessTokens
from ingest_api.policies import POLICIES, Access, Owner, Place, Policy
from ingest_api.settings import ApiSettings
from schemas.roles import Role
from storage.ports import ApiKey, KeyNote
from storage.tokens import hash_refresh_token, mint_refresh_token
from storage.users import User
from tests.contract.storage.examples import upload_request
from tests.contract.storage.people import person, session_of
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.signing import AUTH, PASSWORD, PASSWORD_HASH
from tests.unit.ingest_api.stream_client import StreamClient
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi, nothing_yet

Kind = Literal["key", "person"]
Whose = Literal["nobody's", "own", "another's of the tenant", "another tenant's", "unknown"]
REFRESH_TOKEN = mint_refresh_token("acme")


@dataclass(frozen=True, slots=True)
class Way:
    """How a route is asked so that it succeeds, and how it answers then."""

    status: int
    request: dict[str, Any] = field(default_factory=dict)
    is_stream: bool = False


USER = {"username": "new", "password": PASSWORD, "role": "viewer"}
WAYS: dict[Place, Way] = {
    **{("GET", path): Way(200) for path in (
        "/health", "/ready", "/metrics", "/docs", "/docs/swagger-ui.js", "/docs/swagger-ui.css",
        "/openapi.json", "/asyncapi.json", "/asyncapi",
        "/.well-known/jwks.json", "/api/v1/auth/me", "/api/v1/keys", "/api/v1/users",
    )},
    ("POST", "/api/v1/analyze/upload"): Way(202, {"files": {"image": picture()}}),
    ("POST", "/api/v1/analyze/url"): Way(202, {"json": {"image_url": "http://example.com/a"}}),
    ("GET", "/api/v1/analyses/{request_id}"): Way(200),
    ("GET", "/api/v1/analyses/{request_id}/events"): Way(200, is_stream=True),
    ("GET", "/api/v1/analyses/{request_id}/deliveries"): Way(200),
    ("POST", "/api/v1/analyses/{request_id}/cancel"): Way(202),
    ("GET", "/api/v1/events"): Way(200, is_stream=True),
    ("POST", "/api/v1/keys"): Way(201, {"json": {"name": "x", "role": "viewer"}}),
    ("DELETE", "/api/v1/keys/{key_id}"): Way(204),
    ("POST", "/api/v1/users"): Way(201, {"json": USER}),
    ("PATCH", "/api/v1/users/{user_id}"): Way(200, {"json": {"disabled": True}}),
    ("DELETE", "/api/v1/users/{user_id}"): Way(204),
    ("POST", "/api/v1/users/me/password"): Way(
        204, {"json": {"current_password": PASSWORD, "new_password": "another long password"}}
    ),
    ("POST", "/api/v1/auth/token"): Way(
        200, {"json": {"username": "other@acme", "password": PASSWORD}}
    ),
    ("POST", "/api/v1/auth/refresh"): Way(200, {"json": {"refresh_token": REFRESH_TOKEN}}),
    ("POST", "/api/v1/auth/revoke"): Way(204, {"json": {"token": REFRESH_TOKEN}}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    place: Place
    policy: Policy
    role: Role | None
    kind: Kind
    whose: Whose

    @property
    def expected(self) -> int:
        """What the table promises."""
        if self.policy.access is Access.PUBLIC:
            return WAYS[self.place].status
        if self.role is None:
            return 401
        if self.role < self.policy.role or (self.policy.people_only and self.kind == "key"):
            return 403
        is_ours = self.whose in {"nobody's", "own", "another's of the tenant"}
        return WAYS[self.place].status if is_ours else 404

    def __str__(self) -> str:
        role = "stranger" if self.role is None else f"{self.role.title} {self.kind}"
        return f"{' '.join(self.place)}-{role}-{self.whose}"


def cells() -> Iterator[Cell]:
    kinds: tuple[Kind, ...] = ("key", "person")
    owned: tuple[Whose, ...] = ("own", "another's of the tenant", "another tenant's", "unknown")
    for place, policy in POLICIES.items():
        for whose in owned if policy.owner is Owner.TENANT else ("nobody's",):
            yield Cell(place, policy, None, "key", whose)
            for role in Role:
                for kind in kinds:
                    yield Cell(place, policy, role, kind, whose)


def test_every_route_can_be_asked() -> None:
    assert set(WAYS) == set(POLICIES)


@dataclass(frozen=True, slots=True)
class Asker:
    headers: dict[str, str]
    key_id: str
    user_id: UUID


class World:
    """Two tenants with something of each kind; whoever asks is of `acme`."""

    def __init__(self, api: TwinApi) -> None:
        self.api = api

    async def asker(self, role: Role | None, kind: Kind) -> Asker:
        user = await self._user("acme", "asker", role or Role.VIEWER)
        key = ApiKey("key-asker", "acme", role or Role.VIEWER)
        await self.api.let_in("asker-key", key)
        if role is None:
            return Asker({}, key.key_id, user.user_id)
        text = "asker-key" if kind == "key" else await self._token(user)
        return Asker({"Authorization": f"Bearer {text}"}, key.key_id, user.user_id)

    async def path(self, cell: Cell, asker: Asker) -> str:
        """With the name of something that belongs to whom the cell says."""
        template = cell.place[1]
        names: dict[str, object] = {"request_id": uuid4(), "key_id": "key-x", "user_id": uuid4()}
        if "{" in template and cell.whose != "unknown":
            tenant_id = "globex" if cell.whose == "another tenant's" else "acme"
            is_own = cell.whose == "own"
            names = {
                "request_id": await self._analysis(tenant_id),
                "key_id": asker.key_id if is_own else await self._key(tenant_id),
                "user_id": asker.user_id if is_own else (await self._user(tenant_id)).user_id,
            }
        return template.format(**names)

    async def furnish(self) -> None:
        """What some routes need: somebody who can log in, a session, a second administrator."""
        other = await self._user("acme", "other", Role.ADMIN)
        begun = await self.api.tokens.begin_session(
            session_of(other), hash_refresh_token(REFRESH_TOKEN), password_hash=PASSWORD_HASH
        )
        assert begun

    async def _analysis(self, tenant_id: str) -> UUID:
        now = datetime.now(UTC)
        request = upload_request(tenant_id).model_copy(
            update={"accepted_at": now, "deadline_at": now + timedelta(hours=1)}
        )
        await self.api.analyses.accept(request)
        return request.request_id

    async def _key(self, tenant_id: str) -> str:
        key = ApiKey(f"key-{uuid4()}", tenant_id)
        await self.api.api_keys.add_api_key(key, uuid4().bytes * 2, note=KeyNote("t"))
        return key.key_id

    async def _user(self, tenant_id: str, name: str = "somebody", role: Role = Role.VIEWER) -> User:
        user = person(name, role, tenant_id)
        await self.api.users.add_user(user, PASSWORD_HASH)
        return user

    async def _token(self, user: User) -> str:
        ring = key_ring(AUTH)
        assert ring is not None
        session = session_of(user)
        begun = await self.api.tokens.begin_session(
            session, uuid4().bytes * 2, password_hash=PASSWORD_HASH
        )
        assert begun
        return AccessTokens(ring, AUTH, clock=lambda: datetime.now(UTC)).issue(session)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with TwinApi(ApiSettings(metrics_for="everybody"), auth=AUTH).running() as api:
        api.answer = nothing_yet
        made = World(api)
        await made.furnish()
        yield made


async def asked(world: World, cell: Cell, path: str, asker: Asker) -> httpx.Response:
    """The answer; of a stream its head, and its body when that is a problem."""
    way, method = WAYS[cell.place], cell.place[0]
    if way.is_stream and cell.expected == 200:
        key = asker.headers["Authorization"].removeprefix("Bearer ")
        async with StreamClient(world.api.app, path, key=key) as stream:
            await stream.next()
            return httpx.Response(stream.status)
    async with world.api.client(None) as client:
        return await client.request(method, path, headers=asker.headers | ASYNC, **way.request)


@pytest.mark.parametrize("cell", list(cells()), ids=str)
async def test_cell(world: World, cell: Cell) -> None:
    asker = await world.asker(cell.role, cell.kind)
    path = await world.path(cell, asker)
    answer = await asked(world, cell, path, asker)
    if cell.expected == 401:
        problem_of(answer, 401, "unauthenticated")
    elif cell.expected == 403:
        refused = problem_of(answer, 403, "forbidden")
        missing = ("role", cell.policy.role.title)
        if cell.policy.people_only:
            missing = ("credential", "user")
        assert (refused["field"], refused["allowed"]) == missing
    elif cell.expected == 404:
        said = problem_of(answer, 404, "not_found")
        assert set(said) == {"type", "title", "status", "code", "trace_id"}, "nothing more is said"
    else:
        assert answer.status_code == cell.expected, answer.text
