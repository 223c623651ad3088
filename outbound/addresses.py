"""The address policy: which IP addresses a request to a stranger's URL may reach.

`ipaddress.is_global` alone is not such a policy: it calls multicast, IPv4-compatible, NAT64
and 6to4 forms of private addresses global. IPv6 is therefore an allow-list (2000::/3 less the
special-purpose blocks in it) and IPv4 a deny-list after IANA's special-purpose registry.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from outbound.errors import BlockedAddressError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

V4_DENIED: Final = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata service is in it
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's wire server, on a public address
        "169.254.0.0/16",  # link-local: the metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata service is in it
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
V6_UNICAST: Final = IPv6Network("2000::/3")
V6_DENIED: Final = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: carries any IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


def check_address(address: Address, *, allow_networks: Iterable[Network] = ()) -> Address:
    """The address to connect to, or BlockedAddressError.

    An IPv4-mapped IPv6 address is judged, and handed back, as the IPv4 address it stands for.
    `allow_networks` is an operator's explicit list of networks that pass whatever they are.
    The hole: a public address behind which something private answers is not recognised, nor
    is the public address of this very service, whose names the check of the text refuses.
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise BlockedAddressError(f"{address} has a scope id; only global addresses do")
        address = address.ipv4_mapped or address
    if is_in(address, allow_networks) or _is_public(address):
        return address
    raise BlockedAddressError(f"{address} is not a public address; add its network to allow it")


def is_in(address: Address, networks: Iterable[Network]) -> bool:
    """Whether one of the networks holds the address."""
    return any(address in network for network in networks)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        return address in V6_UNICAST and not is_in(address, V6_DENIED)
    return address.is_global and not address.is_multicast and not is_in(address, V4_DENIED)
