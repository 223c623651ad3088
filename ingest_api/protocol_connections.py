"""How many connections there may be, in all and from one address."""

import resource
from collections import Counter
from ipaddress import ip_address, ip_network

from ingest_api.client_address import is_trusted, plain
from ingest_api.settings import ApiSettings
from telemetry.logs import get_logger

_log = get_logger(__name__)
_OTHER_FILES = 128
"""Files that the process needs for other things than connections of clients."""


class Connections:
    """Of one process. An IPv6 network of 64 bits counts as one address; trusted proxies bring the
    connections of many and count in all only. The end of what is free is logged, once each."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._at_most = min(settings.max_connections, _files() - _OTHER_FILES)
        self._of_address: Counter[str] = Counter()
        self._count = 0
        self._is_told = False

    def enter(self, address: str | None) -> bool:
        """False when there is no room; else `leave` must follow."""
        name = self._name(address)
        at_most = self._settings.max_connections_per_address
        if self._count >= self._at_most or (name and self._of_address[name] >= at_most):
            self._tell(name)
            return False
        self._count += 1
        if name:
            self._of_address[name] += 1
        return True

    def leave(self, address: str | None) -> None:
        name = self._name(address)
        self._count -= 1
        self._is_told = False
        self._of_address[name] -= 1
        if self._of_address[name] <= 0:
            del self._of_address[name]

    @property
    def count(self) -> int:
        """How many are open now."""
        return self._count

    def _name(self, address: str | None) -> str:
        """Empty for what only counts in all."""
        if address is None or is_trusted(address, self._settings.trusted_proxies):
            return ""
        found = ip_address(plain(address))
        return str(found if found.version == 4 else ip_network((int(found), 64), strict=False))

    def _tell(self, name: str) -> None:
        if not self._is_told:
            self._is_told = True
            _log.warning("connections_refused", address=name, open=self._count)


def _files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 2**31
