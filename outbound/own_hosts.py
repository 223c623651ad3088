"""What this very service is called outside: no address of a stranger may lead back to it."""

from collections.abc import Collection
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

HostName = Annotated[
    str, Field(pattern=r"^([a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])$")
]


def own_hosts(hosts: Collection[str], public_url: str | None = None) -> frozenset[str]:
    """As hosts are written in an address that passed the check of its text.

    The hole: another name of the service, or its bare address, is not in it unless it is given.
    """
    at_url = None if public_url is None else urlsplit(public_url).hostname
    return frozenset(_as_checked(host) for host in (*hosts, at_url) if host)


def _as_checked(host: str) -> str:
    bare = host.strip("[]").lower().removesuffix(".")
    try:
        return str(ip_address(bare))
    except ValueError:
        return bare
