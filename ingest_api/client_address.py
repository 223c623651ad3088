"""Where a request comes from, when proxies that are trusted say so."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

from ingest_api.scope import header_of

Networks = tuple[IPv4Network | IPv6Network, ...]


def believe_proxies(scope: Scope, trusted: Networks) -> None:
    """Put the address of the client and its scheme into the scope of a request that a trusted
    proxy passed on. Of all `X-Forwarded-For` lines joined, the rightmost entry that is no trusted
    proxy is the client: everything left of it is what the client claims. An entry that is no
    address ends the search; the proxy that reported it is then taken for the client.

    From anybody else such headers mean nothing.
    """
    peer = scope.get("client")
    if peer is None or not is_trusted(peer[0], trusted):
        return
    entries = (header_of(scope, b"x-forwarded-for") or "").split(",")
    scope["client"] = (_client(plain(peer[0]), entries, trusted), peer[1])
    scheme = (header_of(scope, b"x-forwarded-proto") or "").rpartition(",")[2].strip().lower()
    if scheme in {"http", "https"}:
        scope["scheme"] = scheme


def is_trusted(address: str, trusted: Networks) -> bool:
    try:
        found = ip_address(plain(address))
    except ValueError:
        return False
    return any(found in network for network in trusted)


def plain(address: str) -> str:
    """An IPv4 address in IPv6 clothes is IPv4; a scope id names a link, not an address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def _client(peer: str, entries: list[str], trusted: Networks) -> str:
    client = peer
    for entry in reversed(entries):
        address = _address_in(entry)
        if address is None:
            break
        client = address
        if not is_trusted(address, trusted):
            break
    return client


def _address_in(entry: str) -> str | None:
    """Some proxies add the port, IPv6 addresses then in brackets."""
    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        ip_address(text)
    except ValueError:
        return None
    return plain(text)
