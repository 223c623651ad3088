"""Under whose name a request is counted, by which rate, and what it costs."""

import ipaddress
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from ingest_api.limit_settings import Limits
from ingest_api.scope import Principal, address_of, header_of
from storage.limits import Rate

COST_BYTES: Final = 5_000_000
"""Each so many bytes that a body announces cost as much as a request."""

_MINUTES_A_DAY: Final = 1440
LOGIN_PATH: Final = "/api/v1/auth/token"
MINTING: Final = ("POST", "/api/v1/keys")


@dataclass(frozen=True, slots=True)
class Ask:
    """`name` is that of the limit; `needs_shared_count`: not let through while each process counts
    by itself, for many processes would let in many guesses."""

    name: str
    subject: str
    rate: Rate
    cost: int = 1
    needs_shared_count: bool = False


def ask_of_tenant(scope: Scope, principal: Principal, limits: Limits, *, max_bytes: int) -> Ask:
    return Ask(
        "burst",
        f"tenant/{principal.tenant_id}",
        limits.of(principal.tier).rate,
        cost_of(scope, max_bytes),
        needs_shared_count=(scope["method"], scope["path"]) == MINTING,
    )


def ask_of_address(scope: Scope, limits: Limits) -> Ask:
    """For a path that needs no credential."""
    if is_login(scope):
        rate = _minutely(limits.addresses.login_per_minute)
        return Ask("login", _subject("login", scope), rate, needs_shared_count=True)
    rate = _minutely(limits.addresses.anonymous_per_minute)
    return Ask("anonymous", _subject("anonymous", scope), rate)


def ask_of_refused(scope: Scope, limits: Limits) -> Ask:
    """For a request that was refused before it was known who asks."""
    rate = _minutely(limits.addresses.refused_per_minute)
    return Ask("refused", _subject("refused", scope), rate)


def is_login(scope: Scope) -> bool:
    return bool(scope["path"] == LOGIN_PATH)


def cost_of(scope: Scope, max_bytes: int) -> int:
    """By what is announced; a body that does not say how long it is costs the longest."""
    announced = header_of(scope, b"content-length") or "0"
    size = int(announced) if announced.isascii() and announced.isdigit() else max_bytes
    if header_of(scope, b"transfer-encoding") is not None:
        size = max_bytes
    return 1 + min(size, max_bytes) // COST_BYTES


def _subject(kind: str, scope: Scope) -> str:
    return f"{kind}/{network_of(address_of(scope))}"


def network_of(address: str | None) -> str:
    """Who has one IPv6 address has the other 2^64 of its network too."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found), 64), strict=False))


def _minutely(per_minute: int) -> Rate:
    """Without a quota of the day: what the bucket lets through in one, it may have."""
    return Rate(per_minute, per_minute, (_MINUTES_A_DAY + 1) * per_minute)
