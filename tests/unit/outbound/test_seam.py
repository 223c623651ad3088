"""The seam of httpcore that the whole policy hangs on: a new version that moves it fails here."""

import inspect
from ipaddress import ip_network

import httpcore
import pytest

from outbound.client import FetchLimits, GuardedClient
from outbound.network import ClosingStream, GuardedBackend

OPENERS = ["connect_tcp", "connect_unix_socket"]


async def test_the_clients_pool_opens_connections_through_the_guard_alone() -> None:
    client = GuardedClient(limits=FetchLimits(), allow_networks=(ip_network("10.0.0.0/8"),))
    pool = client._pool
    connection = pool.create_connection(httpcore.Origin(b"http", b"example.com", 80))
    assert isinstance(connection, httpcore.AsyncHTTPConnection)
    assert isinstance(pool._network_backend, GuardedBackend)
    assert connection._network_backend is pool._network_backend
    assert (pool._proxy, pool._uds, pool._retries) == (None, None, 0)
    assert pool._max_keepalive_connections == 0
    await client.aclose()


def test_the_pool_takes_a_backend() -> None:
    assert "network_backend" in inspect.signature(httpcore.AsyncConnectionPool).parameters


def test_a_backend_has_no_other_way_to_open_a_connection() -> None:
    public = {name for name in vars(httpcore.AsyncNetworkBackend) if not name.startswith("_")}
    assert public == {*OPENERS, "sleep"}
    assert public <= set(vars(GuardedBackend))


@pytest.mark.parametrize("opener", OPENERS)
def test_the_guard_takes_what_httpcore_passes(opener: str) -> None:
    ours = inspect.signature(getattr(GuardedBackend, opener)).parameters
    theirs = inspect.signature(getattr(httpcore.AsyncNetworkBackend, opener)).parameters
    assert list(ours) == list(theirs)


def test_a_stream_has_no_method_that_the_wrapper_lacks() -> None:
    public = {name for name in vars(httpcore.AsyncNetworkStream) if not name.startswith("_")}
    assert public <= set(vars(ClosingStream))
