"""The API asked a little of everything in its own document, as schemathesis makes it up, by nobody
and by an administrator. `./dev.sh fuzz-api` asks much more, on real servers."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ingest_api.limit_settings import AddressLimits, Limits
from ingest_api.policies import POLICIES
from ingest_api.serve import server_for
from ingest_api.settings import ApiSettings
from schemas.roles import Role
from storage.ports import ApiKey, KeyNote
from tests.fuzz.api.campaign import Caller, ask
from tests.fuzz.api.effort import Effort
from tests.fuzz.api.manners import Manners
from tests.fuzz.api.tally import Tally
from tests.support.eventually import eventually
from tests.support.services.ports import free_ports
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.signing import AUTH
from tests.unit.ingest_api.twin_api import TwinApi

_ANY = 1_000_000
_LIMITS = Limits(
    addresses=AddressLimits(
        anonymous_per_minute=_ANY, login_per_minute=_ANY, refused_per_minute=_ANY
    )
)


@pytest.fixture(scope="module")
def manners() -> Manners:
    return Manners([picture(), picture("PNG")])


@asynccontextmanager
async def served(port: int) -> AsyncIterator[str]:
    """The address of an API on twins that has the key of an administrator."""
    settings = ApiSettings(
        port=port, wait_default_s=0, stream_ping_s=0.05, metrics_for="operators",
        graceful_shutdown_s=1,
    )  # fmt: skip
    twin = TwinApi(settings, limits=_LIMITS, auth=AUTH)
    digest = hashlib.sha256(b"admin-key").digest()
    await twin.api_keys.add_api_key(
        ApiKey("key-admin", "acme", Role.ADMIN), digest, note=KeyNote("t")
    )
    server = server_for(twin.app, settings, twin.metrics)
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@pytest.mark.parametrize(
    "caller",
    [Caller("nobody", None), Caller("admin", "Bearer admin-key")],
    ids=lambda one: one.name,
)
async def test_whatever_is_asked_is_answered_as_the_document_says(
    manners: Manners, caller: Caller
) -> None:
    manners.spare(frozenset({"key-admin"}))
    [port], tally = free_ports(1), Tally()
    async with served(port) as base_url:
        effort = Effort(seed=1, examples=2)
        await asyncio.to_thread(ask, caller, base_url, effort, tally)
    assert list(tally.findings.values()) == []
    asked = {tuple(route.split(" ", 1)) for route in tally.asked(caller.name)}
    assert asked == set(POLICIES) - {("GET", "/openapi.json")}, "read first, and not asked again"
