"""No connection ever reaches an address that the policy refuses, by whatever road.

That nothing arrived is proved by order: a visit of our own afterwards is the first one.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from outbound.errors import BlockedAddressError
from outbound.network import GuardedBackend
from outbound.resolver import SystemResolver
from tests.integration.outbound.clients import Names, fetcher
from tests.integration.outbound.listener import Listener, ok, redirect


@pytest.fixture
async def private() -> AsyncIterator[Listener]:
    """The service nobody may reach."""
    async with Listener(ok(b"secret"), host="127.0.0.2") as listener:
        yield listener


async def assert_nobody_came(listener: Listener) -> None:
    reader, writer = await asyncio.open_connection(listener.host, listener.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await reader.read()
    writer.close()
    await writer.wait_closed()
    assert listener.connections == 1
    assert listener.received_bytes == len(b"GET / HTTP/1.1\r\n\r\n")


async def test_a_literal_and_a_name_of_a_private_address_are_refused(private: Listener) -> None:
    async with fetcher(resolve=Names(inside_example=[["127.0.0.2"]])) as client:
        for name in (None, "inside.example"):
            with pytest.raises(BlockedAddressError):
                await client.get(private.url(name=name))
    await assert_nobody_came(private)


@pytest.mark.parametrize("answer", [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]])
async def test_mixed_answers_are_refused_before_any_connection(
    private: Listener, answer: list[str]
) -> None:
    async with (
        Listener(ok(b"fine"), port=private.port) as public,
        fetcher(resolve=Names(mixed_example=[answer])) as client,
    ):
        with pytest.raises(BlockedAddressError):
            await client.get(public.url(name="mixed.example"))
        await assert_nobody_came(public)
    await assert_nobody_came(private)


async def test_a_name_that_rebinds_between_two_hops_is_refused(private: Listener) -> None:
    names = Names(rebinding_example=[["127.0.0.1"], ["127.0.0.2"]])
    async with (
        Listener(redirect(b"/again"), port=private.port) as public,
        fetcher(resolve=names) as client,
    ):
        with pytest.raises(BlockedAddressError):
            await client.get(public.url(name="rebinding.example"))
        assert public.connections == 1
    assert names.asked == ["rebinding.example"] * 2
    await assert_nobody_came(private)


async def test_one_connection_asks_the_resolver_once(private: Listener) -> None:
    names = Names(rebinding_example=[["127.0.0.1"], ["127.0.0.2"]])
    async with (
        Listener(ok(b"fine"), port=private.port) as public,
        fetcher(resolve=names) as client,
    ):
        fetched = await client.get(public.url(name="rebinding.example"))
    assert (fetched.body, names.asked) == (b"fine", ["rebinding.example"])
    await assert_nobody_came(private)


@pytest.mark.parametrize("host", ["127.0.0.2", "inside.example", "[::ffff:127.0.0.2]", "127.2"])
@pytest.mark.parametrize("status", [b"301 x", b"302 x", b"303 x", b"307 x", b"308 x"])
async def test_a_redirect_to_a_private_address_is_refused(
    private: Listener, host: str, status: bytes
) -> None:
    location = f"http://{host}:{private.port}/latest/meta-data".encode()
    names = Names(inside_example=[["127.0.0.2"]])
    async with Listener(redirect(location, status)) as public, fetcher(resolve=names) as client:
        with pytest.raises(BlockedAddressError):
            await client.get(public.url())
        assert public.connections == 1
    await assert_nobody_came(private)


@pytest.mark.parametrize(
    "location",
    [
        b"http://169.254.169.254/latest/meta-data/",
        b"http://metadata.google.internal/",
        b"http://analyzer.example/api/v1/analyses",
        b"http://[fd00:ec2::254]/",
        b"http://2130706434/",
        b"http://a:b@127.0.0.1/",
        b"http://1.1.1.1:22/",
        b"//localhost.localdomain@[::1]/",
        b"file:///etc/passwd",
        b"gopher://127.0.0.2/_x",
        b"http://127.0.0.\xef\xbc\x92/",
        b"http:\\\\127.0.0.2\\",
    ],
)
async def test_other_hostile_redirects_are_refused(location: bytes) -> None:
    async with Listener(redirect(location)) as public, fetcher() as client:
        with pytest.raises(BlockedAddressError):
            await client.get(public.url())
        assert public.connections == 1


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "0"])
async def test_the_gate_holds_for_what_the_systems_resolver_makes_of_odd_names(host: str) -> None:
    resolver = SystemResolver()
    backend = GuardedBackend(resolve=resolver, allowed_ports={80})
    with pytest.raises(BlockedAddressError):
        await backend.connect_tcp(host, 80, 5.0)
    resolver.close()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
async def test_proxies_of_the_environment_are_ignored(
    private: Listener, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, private.url())
    async with (
        Listener(ok(b"direct")) as public,
        fetcher(resolve=Names(outside_example=[["127.0.0.1"]])) as client,
    ):
        fetched = await client.get(public.url(name="outside.example"))
    assert fetched.body == b"direct"
    await assert_nobody_came(private)
