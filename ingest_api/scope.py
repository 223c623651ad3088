"""What the middleware leaves in the scope of a request for those inside it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from starlette.types import Scope

from schemas.roles import Role, Tier
from telemetry.logs import bind_contextvars
from telemetry.traces import TraceContext, new_trace

_TRACE = "analyzer.trace"
_PRINCIPAL = "analyzer.principal"
_REQUEST_ID = "analyzer.request_id"
_STILL_VALID = "analyzer.still_valid"
_COUNTED = "analyzer.counted"

StillValid = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, by a credential that was checked; `key_id` names the credential in logs.

    `scopes` narrow what the role allows; empty means all of it. `user_id` is set for a person.
    """

    tenant_id: str
    key_id: str
    role: Role = Role.ANALYST
    scopes: frozenset[str] = frozenset()
    tier: Tier = "standard"
    user_id: UUID | None = None


def set_trace(scope: Scope, trace: TraceContext) -> None:
    scope[_TRACE] = trace


def trace_of(scope: Scope) -> TraceContext:
    trace: TraceContext | None = scope.get(_TRACE)
    return trace or new_trace()


def set_principal(scope: Scope, principal: Principal) -> None:
    scope[_PRINCIPAL] = principal
    bind_contextvars(tenant_id=principal.tenant_id)


def principal_of(scope: Scope) -> Principal:
    """Raises LookupError on a path that the gate lets through without a credential."""
    principal: Principal | None = scope.get(_PRINCIPAL)
    if principal is None:
        raise LookupError(f"{scope['path']} has no principal: it is declared public")
    return principal


def known_principal(scope: Scope) -> Principal | None:
    """None where no credential is needed, or none was good."""
    principal: Principal | None = scope.get(_PRINCIPAL)
    return principal


def note_counted(scope: Scope) -> None:
    """The request has been taken from its limit."""
    scope[_COUNTED] = True


def was_counted(scope: Scope) -> bool:
    return _COUNTED in scope


def set_still_valid(scope: Scope, still_valid: StillValid) -> None:
    scope[_STILL_VALID] = still_valid


def still_valid_of(scope: Scope) -> StillValid:
    """Asks again whether the credential of this request is good; for answers that last."""
    still_valid: StillValid = scope[_STILL_VALID]
    return still_valid


def note_request_id(scope: Scope, request_id: UUID) -> None:
    """For the lines of the log from here on."""
    scope[_REQUEST_ID] = str(request_id)
    bind_contextvars(request_id=str(request_id))


def noted_of(scope: Scope) -> dict[str, str]:
    """What is known of the request for its log line: who asked and what it is called."""
    principal: Principal | None = scope.get(_PRINCIPAL)
    noted = {} if principal is None else {"key_id": principal.key_id}
    return noted | ({"request_id": scope[_REQUEST_ID]} if _REQUEST_ID in scope else {})


def address_of(scope: Scope) -> str | None:
    """Where the request comes from, as far as the server knows."""
    client = scope.get("client")
    return None if client is None else str(client[0])


def header_of(scope: Scope, name: bytes) -> str | None:
    """The one value of that header; None when it is absent. Repeats are joined by commas, as
    RFC 9110 section 5.3 has it."""
    values = [value for key, value in scope["headers"] if key == name]
    return b", ".join(values).decode("latin-1") if values else None
