"""The product as a careful operator has it. Who is put out is out, and who is demoted may less: at
another API process than the one that was told, where results come from the cache, and on streams
that are open. And when all is over nothing that is left of it holds a secret.

The memory of credentials is half a second here; that it is never so long that all takes more than
60 s is a test of the settings, `tests/unit/ingest_api/test_auth.py`.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio

from tests.support.guarded_product import Guarded
from tests.support.secret_forms import leaks
from tests.system import dump
from tests.system.guarded import guarded
from tests.system.http_client import SAMPLES, connected, frames, upload
from tests.system.secret_doors import Doors
from tests.system.wire import wait_until_all

__all__ = ["guarded"]

pytestmark = [
    pytest.mark.kafka, pytest.mark.postgres, pytest.mark.redis, pytest.mark.s3,
    pytest.mark.asyncio(loop_scope="module"),
]  # fmt: skip
PASSWORD = f"a password {secrets.token_hex(8)}"
NEW_PASSWORD = f"another {secrets.token_hex(8)}"
_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class World:
    """Whoever changes things asks the first API, everybody else the second."""

    admin: httpx.AsyncClient
    second_url: str
    finished_id: str

    async def key(self) -> tuple[str, str]:
        """Its id, and the key."""
        answer = await self.admin.post("/api/v1/keys", json={"name": "x", "role": "analyst"})
        return answer.json()["key_id"], answer.json()["key"]

    async def person(self) -> tuple[str, str, str]:
        """Id, login and access token."""
        wish = {"username": f"u{secrets.token_hex(6)}", "password": PASSWORD, "role": "analyst"}
        made = (await self.admin.post("/api/v1/users", json=wish)).json()
        return made["user_id"], made["login"], await self.token(made["login"])

    async def token(self, login: str) -> str:
        body = {"username": login, "password": PASSWORD}
        answer = await self.admin.post(f"{self.second_url}/api/v1/auth/token", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(guarded: Guarded) -> AsyncIterator[World]:
    first, second = guarded.base_urls
    key = guarded.product.api_key
    async with connected(first, key) as analyst:
        answer = await upload(analyst, SAMPLES[0].read_bytes(), prefer="wait=60")
        assert answer.status == 200
    made = await asyncio.to_thread(guarded.admin_key)
    async with connected(first, made) as admin:
        yield World(admin, second, answer.request_id)


async def told(act: Awaitable[httpx.Response]) -> None:
    answer = await act
    assert answer.status_code in {200, 204}, answer.text


@pytest.mark.parametrize(
    "how", ["key revoked", "disabled", "password set", "logged out", "removed"]
)
async def test_who_is_put_out_is_out_at_the_other_process_too(world: World, how: str) -> None:
    acts: dict[str, Callable[[], Awaitable[httpx.Response]]] = {}
    if how == "key revoked":
        key_id, credential = await world.key()
        acts[how] = lambda: world.admin.delete(f"/api/v1/keys/{key_id}")
    else:
        user_id, _, credential = await world.person()
        path, new = f"/api/v1/users/{user_id}", {"password": NEW_PASSWORD}
        acts["disabled"] = lambda: world.admin.patch(path, json={"disabled": True})
        acts["password set"] = lambda: world.admin.patch(path, json=new)
        acts["removed"] = lambda: world.admin.delete(path)
        acts["logged out"] = lambda: world.admin.post(
            "/api/v1/auth/revoke", json={"token": credential}
        )
    async with connected(world.second_url, credential) as victim:
        for _ in range(3):  # the result is in the cache, the credential is remembered
            assert (await read(victim, world)).status_code == 200
        async with aclosing(frames(victim, "/api/v1/events")) as stream:
            assert (await anext(stream)).event == "connected"
            await told(acts[how]())
            await until(lambda: read(victim, world), 401)
            async with asyncio.timeout(_WITHIN_S):
                heard = [frame.event async for frame in stream]
        assert heard[-1] == "credential-revoked", "and the stream has ended"
        answers = [(await read(victim, world)).status_code for _ in range(5)]
        assert answers == [401] * 5


async def test_who_is_demoted_may_less_at_the_other_process_too(world: World) -> None:
    user_id, _, token = await world.person()
    cancel = f"/api/v1/analyses/{world.finished_id}/cancel"
    async with (
        connected(world.second_url, token) as demoted,
        aclosing(frames(demoted, "/api/v1/events")) as stream,
    ):
        assert (await anext(stream)).event == "connected"
        assert (await demoted.post(cancel)).status_code == 409, "an analyst may, were it not over"
        await told(world.admin.patch(f"/api/v1/users/{user_id}", json={"role": "viewer"}))
        await until(lambda: demoted.post(cancel), 403)
        assert (await read(demoted, world)).status_code == 200, "a viewer reads"
        async with connected(str(world.admin.base_url), token) as elsewhere:
            refused = await elsewhere.post(cancel)
        assert refused.status_code == 403


async def read(client: httpx.AsyncClient, world: World) -> httpx.Response:
    return await client.get(f"/api/v1/analyses/{world.finished_id}")


async def until(asking: Callable[[], Awaitable[httpx.Response]], status: int) -> None:
    async with asyncio.timeout(_WITHIN_S):
        while True:
            if (await asking()).status_code == status:
                return
            await asyncio.sleep(0.02)


# What travels with the work, to those who do it: see docs/security.md.
TRAVELS = {
    "analyst key": r"topic image-(requested|submitted)-inbox",
    "key of a strange producer": r"topic image-requested-inbox",
    "token of an address": r"topic image-requested",
    "token of an address that failed": r"topic image-requested|PostgreSQL",
    "token of a callback": r"topic image-submitted|PostgreSQL",
    "token of an address by Kafka from us": r"topic image-requested(-inbox)?",
    "token of an address by Kafka from nobody": r"topic image-requested-inbox(-dlq)?",
}


async def test_nothing_that_is_left_of_a_run_holds_a_secret(guarded: Guarded) -> None:
    doors, stack = Doors(guarded), guarded.product.stack
    await doors.all()
    await wait_until_all(stack.postgres_dsn, doors.ids, "completed", within_s=30)
    left = await dump.of_stores(guarded)
    left |= {f"well: {name}": page for name, page in dump.of_pages(guarded).items()}
    for server in (stack.redis, stack.s3, stack.postgres, stack.kafka):
        await asyncio.to_thread(server.stop)
    await doors.strangers()
    ill = await asyncio.to_thread(dump.of_pages, guarded, guarded.product.api_key)
    left |= {f"ill: {name}": page for name, page in ill.items()}
    left |= dump.of_processes(guarded) | doors.answers
    await asyncio.to_thread(
        guarded.exported.wait_for, lambda spans: len({span.service for span in spans}) > 1
    )
    left["traces"] = bytes(guarded.exported.raw)
    for process in guarded.processes:
        process.kill()
    found = leaks({**guarded.secrets, **doors.used}, left)
    unwanted = [leak for leak in found if not travels(leak)]
    assert not unwanted, "\n".join(unwanted)
    assert {leak.partition(" as ")[0] for leak in found} == set(TRAVELS), "each was really there"
    assert b"ada" in left["PostgreSQL"]
    assert all(left[name] for name in ("Redis", "bucket", "log of api", "log of io"))


def travels(leak: str) -> bool:
    name, _, rest = leak.partition(" as ")
    _, _, place = rest.partition(" in ")
    return re.fullmatch(TRAVELS.get(name, "nowhere"), place) is not None
