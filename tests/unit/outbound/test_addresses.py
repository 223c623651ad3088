"""Which addresses the policy refuses, whatever `ipaddress` thinks of them."""

from ipaddress import ip_address, ip_network

import pytest

from outbound.addresses import check_address
from outbound.errors import BlockedAddressError

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "168.63.129.15",
    "223.255.255.255",
    "2606:2800::1",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450:4001:80b::200e",
]
REFUSED = [
    # loopback, unspecified, private, shared, link-local
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - an input, bound nowhere
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.1.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    # metadata services
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    # special purpose, documentation, benchmarks, reserved, multicast, broadcast
    "192.0.0.8",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "2001:2::1",
    "2620:4f:8000::1",
    "3fff::1",
    "5f00::1",
    "fec0::1",
    # IPv6 forms that carry an IPv4 address
    "::127.0.0.1",
    "::169.254.169.254",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    # scope ids
    "fe80::1%eth0",
    "::1%lo",
    "2606:2800::1%eth0",
    "::ffff:1.1.1.1%eth0",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_passes_unchanged(text: str) -> None:
    assert check_address(ip_address(text)) == ip_address(text)


@pytest.mark.parametrize("text", REFUSED)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(BlockedAddressError) as caught:
        check_address(ip_address(text))
    assert caught.value.code == "address_not_allowed"
    assert not caught.value.retryable


def test_a_mapped_public_address_becomes_the_ipv4_address() -> None:
    assert check_address(ip_address("::ffff:1.1.1.1")) == ip_address("1.1.1.1")


def test_an_allowed_network_passes_and_its_neighbours_do_not() -> None:
    networks = (ip_network("10.1.0.0/16"), ip_network("fd00:1::/32"))
    for text in ("10.1.2.3", "::ffff:10.1.2.3", "fd00:1::9"):
        check_address(ip_address(text), allow_networks=networks)
    for text in ("10.2.0.1", "fd00:2::1", "fd00:1::9%eth0", "169.254.169.254"):
        with pytest.raises(BlockedAddressError):
            check_address(ip_address(text), allow_networks=networks)
