"""A limit of a hundred holds for two API processes together, over real sockets and real Redis."""

import asyncio
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from redis import Redis as Client

from tests.support.services.connections import RedisServer
from tests.support.services.ports import free_ports
from tests.support.services.processes import Command, ServerProcess

pytestmark = pytest.mark.redis

ROOT = Path(__file__).resolve().parents[3]
PATH = "/api/v1/analyses/x"
KEY = {"Authorization": "Bearer acme-key"}


@pytest.fixture
def two(redis_server: RedisServer, tmp_path: Path) -> Iterator[list[str]]:
    """The addresses of two API processes that share a Redis, in which nothing is counted yet."""
    with Client.from_url(redis_server.url) as client:
        for key in client.keys("limit:{tenant/acme}:*"):
            client.delete(key)
    ports, processes = free_ports(2), []
    try:
        for port in ports:
            module = "tests.integration.ingest_api.serve_limited"
            argv = (sys.executable, "-m", module, str(port), redis_server.url)
            processes.append(ServerProcess(Command(argv, ROOT), tmp_path / f"{port}.log"))
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        for process, url in zip(processes, urls, strict=True):
            process.wait_until(partial(is_alive, url), timeout_s=30)
        yield urls
    finally:
        for process in processes:
            process.stop(timeout_s=10)


def is_alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


async def test_exactly_a_hundred_of_two_hundred_at_once_pass_both_together(two: list[str]) -> None:
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(headers=KEY, limits=limits, timeout=30) as client:
        asked = [client.get(f"{two[number % 2]}{PATH}") for number in range(200)]
        statuses = [answer.status_code for answer in await asyncio.gather(*asked)]
        other = await client.get(f"{two[0]}{PATH}", headers={"Authorization": "Bearer globex-key"})
    assert (statuses.count(404), statuses.count(429)) == (100, 100)
    assert {404, 429} == set(statuses[0::2]) == set(statuses[1::2]), "each let some in, none all"
    assert other.status_code == 404
