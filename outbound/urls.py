"""The URL pre-check: what can be said of a URL by its text alone, without asking DNS.

It gives an early answer and one strict reading of the text; the policy that holds is the one
applied to resolved addresses at connect time. The rules are those of RFC 3986, tightened:
printable ASCII, no userinfo, plain dotted-quad IPv4 (resolvers also accept decimal, octal, hex
and short forms, which are refused), names of letters, digits, hyphens and underscores.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import urljoin

from outbound.addresses import Address, Network, check_address, is_in
from outbound.errors import BlockedAddressError, InvalidUrlError

MAX_URL_CHARS: Final = 2048
WEB_PORTS: Final = frozenset({80, 443})
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
METADATA_NAMES: Final = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data"}
)
LOOPBACK_NAMES: Final = ("localhost", "localdomain", "ip6-localhost", "ip6-loopback")

_URL = re.compile(r"(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMERIC_TAIL = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


@dataclass(frozen=True, slots=True)
class OutboundUrl:
    """A URL that passed the pre-check; `host` is lower case and without brackets."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and, unless it is the scheme's own, port: the value of a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def check_url(
    url: str,
    *,
    allowed_ports: Collection[int] = WEB_PORTS,
    allow_networks: Collection[Network] = (),
    own_hosts: Collection[str] = (),
) -> str:
    """The normalised URL: lower-case host, no trailing dot, no default port, no fragment.

    Raises InvalidUrlError for text that is no http(s) URL and BlockedAddressError for a URL
    that the policy refuses. Passing promises nothing about where a name leads.
    """
    normal = str(
        parse_url(
            url, allowed_ports=allowed_ports, allow_networks=allow_networks, own_hosts=own_hosts
        )
    )
    _check_text(normal)  # a path that was left out makes it longer
    return normal


def parse_url(
    url: str,
    *,
    allowed_ports: Collection[int],
    allow_networks: Collection[Network],
    own_hosts: Collection[str] = (),
) -> OutboundUrl:
    """As `check_url`, in parts.

    With `allow_networks`, the port of a name is left to the check at connect time, because
    a host inside an allowed network may use any port. `own_hosts`, the names of this very service,
    are refused on every port; of addresses among them not those in `allow_networks`.
    """
    scheme, authority, target = _split(url)
    host, port = _host_and_port(authority, default_port=DEFAULT_PORTS[scheme])
    address = _literal(host)
    if address is None:
        _check_name(host, allow_networks=allow_networks)
        may_use_any_port = bool(allow_networks)
    else:
        address = check_address(address, allow_networks=allow_networks)
        host = str(address)
        may_use_any_port = is_in(address, allow_networks)
    if host in own_hosts and not (address is not None and may_use_any_port):
        raise BlockedAddressError("leads back to this service")
    if port not in allowed_ports and not may_use_any_port:
        raise BlockedAddressError(f"port {port} is not allowed")
    return OutboundUrl(scheme, host, port, target)


def host_of(url: str) -> str:
    """What a URL that was refused names as its host, for a log; empty when it names none. No user,
    password or path is in it."""
    match = _URL.match(url)
    return "" if match is None else match[2].rpartition("@")[2][:100]


def parse_redirect(
    base: OutboundUrl,
    location: str,
    *,
    allowed_ports: Collection[int],
    allow_networks: Collection[Network],
    own_hosts: Collection[str] = (),
) -> OutboundUrl:
    """Where a Location header leads, through the same check; https never becomes http."""
    _check_text(location)
    try:
        joined = urljoin(str(base), location)
    except ValueError as error:
        raise InvalidUrlError("a redirect leads to something that is no URL") from error
    following = parse_url(
        joined, allowed_ports=allowed_ports, allow_networks=allow_networks, own_hosts=own_hosts
    )
    if base.scheme == "https" and following.scheme == "http":
        raise BlockedAddressError("a redirect leads from https to http")
    return following


def _check_text(text: str) -> None:
    if len(text) > MAX_URL_CHARS:
        raise InvalidUrlError(f"longer than {MAX_URL_CHARS} characters")
    if not all("!" <= char <= "~" for char in text):
        raise InvalidUrlError("has characters that are not printable ASCII; encode them")
    if "\\" in text:
        raise InvalidUrlError("has a backslash; encode it as %5C")


def _split(url: str) -> tuple[str, str, str]:
    _check_text(url)
    match = _URL.fullmatch(url)
    if match is None:
        raise InvalidUrlError("does not begin with http:// or https://")
    scheme, authority, path, query = match.groups(default="")
    return scheme.lower(), authority, (path or "/") + query


def _host_and_port(authority: str, *, default_port: int) -> tuple[str, int]:
    if "@" in authority:
        raise BlockedAddressError("has a user name or password before the host")
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise InvalidUrlError("host and port cannot be read")
    host, port = match.groups(default="")
    number = int(port) if port else default_port
    if number > 65535:
        raise InvalidUrlError("has a port above 65535")
    return host.lower().removesuffix("."), number


def _literal(host: str) -> Address | None:
    if host.startswith("["):
        try:
            return IPv6Address(host[1:-1])
        except ValueError as error:
            raise InvalidUrlError("has brackets around what is no IPv6 address") from error
    if _NUMERIC_TAIL.fullmatch(host) is None:
        return None
    try:
        return IPv4Address(host)
    except ValueError as error:
        raise BlockedAddressError("has an IPv4 address that is no plain dotted quad") from error


def _check_name(host: str, *, allow_networks: Collection[Network]) -> None:
    if len(host) > 253 or _NAME.fullmatch(host) is None:
        raise InvalidUrlError("has no valid host name; write international names in punycode")
    if host in METADATA_NAMES:
        raise BlockedAddressError("names a metadata service")
    if host.rpartition(".")[2] in LOOPBACK_NAMES:
        check_address(IPv4Address("127.0.0.1"), allow_networks=allow_networks)
