"""Whose address a request has, by the rule of the rightmost entry that is not trusted."""

from ipaddress import ip_network

import pytest
from starlette.types import Scope

from ingest_api.client_address import believe_proxies
from ingest_api.scope import address_of

TRUSTED = tuple(ip_network(text) for text in ("10.0.0.0/8", "fd00::/8", "192.0.2.7/32"))


def scope_of(peer: str | None, *lines: str, proto: str = "") -> Scope:
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in lines]
    if proto:
        headers.append((b"x-forwarded-proto", proto.encode()))
    client = None if peer is None else (peer, 1234)
    return {"type": "http", "scheme": "http", "client": client, "headers": headers}


def found(peer: str, *lines: str) -> str | None:
    scope = scope_of(peer, *lines)
    believe_proxies(scope, TRUSTED)
    return address_of(scope)


@pytest.mark.parametrize("peer", ["203.0.113.9", "192.0.2.8", "2001:db8::1", "testclient"])
def test_a_stranger_is_who_connects_whatever_it_says(peer: str) -> None:
    assert found(peer, "10.1.1.1", "198.51.100.1") == peer


@pytest.mark.parametrize(
    ("lines", "client"),
    [
        (["198.51.100.1"], "198.51.100.1"),
        (["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        (["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        (["6.6.6.6, 198.51.100.1", "10.2.2.2"], "198.51.100.1"),
        (["6.6.6.6,198.51.100.1 , 10.2.2.2,192.0.2.7"], "198.51.100.1"),
        (["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        (["198.51.100.1:4711"], "198.51.100.1"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["2001:DB8:0::1"], "2001:db8::1"),
        (["::ffff:198.51.100.1"], "198.51.100.1"),
        (["::ffff:10.2.2.2"], "10.2.2.2"),
    ],
)
def test_what_trusted_proxies_say(lines: list[str], client: str) -> None:
    assert found("10.1.1.1", *lines) == client


@pytest.mark.parametrize("peer", ["::ffff:10.1.1.1", "fd00::1", "fd00::1%eth0"])
def test_a_proxy_in_other_clothes_is_a_proxy(peer: str) -> None:
    assert found(peer, "198.51.100.1") == "198.51.100.1"


@pytest.mark.parametrize(
    "garbage",
    ["", "unknown", "_hidden", "198.51.100.1 10.1.1.1", "010.1.1.1", "1.2.3", "\xb9.2.3.4", ",,"],
)
def test_an_entry_that_is_no_address_ends_the_search(garbage: str) -> None:
    assert found("10.1.1.1", f"6.6.6.6, {garbage}, 10.2.2.2") == "10.2.2.2"
    assert found("10.1.1.1", garbage) == "10.1.1.1"


def test_without_trusted_proxies_nothing_is_believed() -> None:
    scope = scope_of("127.0.0.1", "198.51.100.1", proto="https")
    believe_proxies(scope, ())
    assert (address_of(scope), scope["scheme"]) == ("127.0.0.1", "http")


@pytest.mark.parametrize(
    ("peer", "proto", "scheme"),
    [
        ("10.1.1.1", "https", "https"),
        ("10.1.1.1", "HTTPS", "https"),
        ("10.1.1.1", "http, https", "https"),
        ("10.1.1.1", "javascript", "http"),
        ("203.0.113.9", "https", "http"),
    ],
)
def test_the_scheme_too_is_told_by_proxies_alone(peer: str, proto: str, scheme: str) -> None:
    scope = scope_of(peer, proto=proto)
    believe_proxies(scope, TRUSTED)
    assert scope["scheme"] == scheme


def test_a_request_from_nowhere() -> None:
    scope = scope_of(None, "198.51.100.1")
    believe_proxies(scope, TRUSTED)
    assert address_of(scope) is None
