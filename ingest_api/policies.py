"""Who may use which route and how large its body may be: one table, read before any body byte.

The application does not start with a route that has no line here, or a line that has no route. A
path that is neither needs a credential all the same, so that strangers learn of none.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from starlette.routing import BaseRoute, Route, compile_path

from ingest_api.errors import FORBIDDEN, RefusedError
from ingest_api.scope import Principal
from schemas.roles import Role
from schemas.scopes import ScopeName, allows

Place = tuple[str, str]
"""Method and path template."""


class Access(Enum):
    PUBLIC = "public"
    TENANT = "tenant"


class Body(Enum):
    NONE = "none"
    JSON = "json"
    UPLOAD = "upload"


class Owner(Enum):
    """Whose the thing is that the path names. What is not the asker's answers like an unknown one;
    the query sees to it, and the database where the API is not the owner of the tables."""

    NOBODY = "nobody"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class Policy:
    """Without a `scope` every credential of the role will do; with `people_only` no API key, and
    nobody of another issuer."""

    access: Access
    role: Role = Role.VIEWER
    scope: ScopeName | None = None
    owner: Owner = Owner.NOBODY
    body: Body = Body.NONE
    people_only: bool = False

    def check(self, principal: Principal) -> None:
        """Raises RefusedError that names the role, the scope or the kind which is missing."""
        if principal.role < self.role:
            raise RefusedError(
                refusal=FORBIDDEN, field="role", allowed=self.role.title,
                detail=f"the role {self.role.title} is needed",
            )  # fmt: skip
        if self.scope is not None and not allows(principal.scopes, self.scope):
            raise RefusedError(
                refusal=FORBIDDEN, field="scope", allowed=self.scope,
                detail=f"the scope {self.scope} is needed",
            )  # fmt: skip
        if self.people_only and principal.user_id is None:
            raise RefusedError(
                refusal=FORBIDDEN, field="credential", allowed="user",
                detail="it is for people who have logged in here",
            )  # fmt: skip


def _of_tenant(
    role: Role, scope: ScopeName | None, owner: Owner = Owner.NOBODY, body: Body = Body.NONE
) -> Policy:
    return Policy(Access.TENANT, role, scope, owner, body)


_PUBLIC: Final = Policy(Access.PUBLIC)
_LOGIN: Final = Policy(Access.PUBLIC, body=Body.JSON)
_OWN: Final = Policy(Access.TENANT, body=Body.JSON, people_only=True)
_METRICS: Final = ("GET", "/metrics")
_ONE_ANALYSIS: Final = "/api/v1/analyses/{request_id}"
_UNROUTED: Final = Policy(Access.TENANT)

POLICIES: Final[Mapping[Place, Policy]] = {
    ("GET", "/health"): _PUBLIC,
    ("GET", "/ready"): _PUBLIC,
    _METRICS: _PUBLIC,
    ("GET", "/docs"): _PUBLIC,
    ("GET", "/docs/swagger-ui.css"): _PUBLIC,
    ("GET", "/docs/swagger-ui.js"): _PUBLIC,
    ("GET", "/openapi.json"): _PUBLIC,
    ("GET", "/asyncapi.json"): _PUBLIC,
    ("GET", "/asyncapi"): _PUBLIC,
    ("POST", "/api/v1/analyze/upload"): _of_tenant(Role.ANALYST, "analyze", body=Body.UPLOAD),
    ("POST", "/api/v1/analyze/url"): _of_tenant(Role.ANALYST, "analyze", body=Body.JSON),
    ("GET", _ONE_ANALYSIS): _of_tenant(Role.VIEWER, "read", Owner.TENANT),
    ("GET", f"{_ONE_ANALYSIS}/events"): _of_tenant(Role.VIEWER, "read", Owner.TENANT),
    ("GET", f"{_ONE_ANALYSIS}/deliveries"): _of_tenant(Role.VIEWER, "read", Owner.TENANT),
    ("POST", f"{_ONE_ANALYSIS}/cancel"): _of_tenant(Role.ANALYST, "analyze", Owner.TENANT),
    ("GET", "/api/v1/events"): _of_tenant(Role.VIEWER, "read"),
    ("GET", "/api/v1/keys"): _of_tenant(Role.ADMIN, "keys"),
    ("POST", "/api/v1/keys"): _of_tenant(Role.ADMIN, "keys", body=Body.JSON),
    ("DELETE", "/api/v1/keys/{key_id}"): _of_tenant(Role.ADMIN, "keys", Owner.TENANT),
    ("GET", "/api/v1/users"): _of_tenant(Role.ADMIN, "users"),
    ("POST", "/api/v1/users"): _of_tenant(Role.ADMIN, "users", body=Body.JSON),
    ("PATCH", "/api/v1/users/{user_id}"): _of_tenant(Role.ADMIN, "users", Owner.TENANT, Body.JSON),
    ("DELETE", "/api/v1/users/{user_id}"): _of_tenant(Role.ADMIN, "users", Owner.TENANT),
    ("POST", "/api/v1/users/me/password"): _OWN,
    ("POST", "/api/v1/auth/token"): _LOGIN,
    ("POST", "/api/v1/auth/refresh"): _LOGIN,
    ("POST", "/api/v1/auth/revoke"): _LOGIN,
    ("GET", "/api/v1/auth/me"): _of_tenant(Role.VIEWER, None),
    ("GET", "/.well-known/jwks.json"): _PUBLIC,
}


class UndeclaredRouteError(Exception):
    """A route without a policy, or a policy without a route: a mistake in the program."""


class Policies:
    """The table as the settings have it: metrics are for operators where they are protected."""

    def __init__(self, *, protects_metrics: bool = False) -> None:
        operators = replace(_PUBLIC, access=Access.TENANT, role=Role.OPERATOR, scope="operate")
        self.table = {**POLICIES, _METRICS: operators if protects_metrics else _PUBLIC}
        self._plain = {place: policy for place, policy in self.table.items() if "{" not in place[1]}
        self._plain_paths = {path: policy for (_, path), policy in self._plain.items()}
        self._templates = _compiled(self.table)

    def of(self, method: str, path: str) -> Policy:
        """Of the route that will answer. A method that a public path does not have is answered
        without a credential; any other request without a route asks for one and nothing more."""
        plain = self._plain.get((method, path)) or self._plain_paths.get(path)
        if plain is not None:
            known = (method, path) in self._plain or plain.access is Access.PUBLIC
            return plain if known else _UNROUTED
        for pattern, methods in self._templates:
            if pattern.match(path):
                return methods.get(method, _UNROUTED)
        return _UNROUTED

    def check_complete(self, routes: Iterable[BaseRoute]) -> None:
        """Raises UndeclaredRouteError."""
        undeclared = places_of(routes) ^ set(self.table)
        if undeclared:
            raise UndeclaredRouteError(f"route without policy or the reverse: {sorted(undeclared)}")


def places_of(routes: Iterable[BaseRoute]) -> set[Place]:
    """What answers. Of HEAD nothing is said: the framework adds it to pages of its own. Anything
    but a plain route (a mount, a web socket) stands for all that may be below it."""
    found: set[Place] = set()
    for route in routes:
        if not isinstance(route, Route):
            found.add(("*", getattr(route, "path", repr(route))))
            continue
        found |= {(method, route.path) for method in (route.methods or set()) - {"HEAD"}}
    return found


def _compiled(table: Mapping[Place, Policy]) -> list[tuple[re.Pattern[str], dict[str, Policy]]]:
    by_path: dict[str, dict[str, Policy]] = {}
    for (method, path), policy in table.items():
        if "{" in path:
            by_path.setdefault(path, {})[method] = policy
    return [(compile_path(path)[0], methods) for path, methods in by_path.items()]
