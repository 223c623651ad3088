"""The guarded client: asks a stranger's URL within limits, and reaches nothing private by it."""

import asyncio
import ssl
from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import httpcore

from outbound.addresses import Network
from outbound.errors import FetchFailedError, OutboundError
from outbound.failures import to_outbound_error
from outbound.network import GuardedBackend
from outbound.resolver import Resolve, SystemResolver
from outbound.responses import Answer, Fetched, Redirect, read_answer, read_response
from outbound.urls import WEB_PORTS, OutboundUrl, parse_redirect, parse_url


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """`connect_s` covers name resolution and TCP, `read_s` one silence, `total_s` all of it."""

    max_bytes: int = 15_000_000
    connect_s: float = 2.0
    read_s: float = 5.0
    total_s: float = 10.0
    max_redirects: int = 3


class GuardedClient:
    """Fetches URLs that strangers chose, and posts to them.

    Every connection passes `GuardedBackend`; there is no proxy, cookie, credential or reuse of
    a connection, whatever the environment says. Redirects are followed here, each through the
    same check as the first URL, and by `get` alone. `get` raises BlockedAddressError,
    FetchFailedError or FetchTooLargeError and nothing else, `post` the first two.

    `allow_networks` is an operator's explicit allow-list, for private image hosts: addresses
    in it pass the policy, on any port. It is empty by default; never fill it from a request.
    `own_hosts` are the names of this very service, which are refused.
    `resolve` replaces the system's resolver, `tls` the public certificate authorities. At most
    `max_lookups` names are looked up at once. `purpose` is in the User-Agent.
    """

    def __init__(
        self,
        *,
        limits: FetchLimits,
        resolve: Resolve | None = None,
        allow_networks: Collection[Network] = (),
        own_hosts: Collection[str] = (),
        tls: ssl.SSLContext | None = None,
        accept: str = "image/*",
        purpose: str = "fetch",
        max_lookups: int = 8,
    ) -> None:
        self._limits = limits
        self._accept = accept
        self._allow_networks = allow_networks
        self._own_hosts = own_hosts
        self._system_resolver = SystemResolver(max_threads=max_lookups)
        self._user_agent = f"image-analyzer-{purpose}/{_product_version()}"
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpcore.default_ssl_context(),
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=GuardedBackend(
                resolve=resolve or self._system_resolver,
                allowed_ports=WEB_PORTS,
                allow_networks=allow_networks,
            ),
        )

    async def get(self, url: str) -> Fetched:
        """The body of a 200 answer, after at most `max_redirects` hops and `total_s` seconds.

        The number of fetches at once is the caller's to limit: each may hold `max_bytes`.
        """
        try:
            async with asyncio.timeout(self._limits.total_s):
                return await self._follow(url)
        except OutboundError:
            raise
        except Exception as error:
            raise to_outbound_error(error) from error

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """What the other side answers within `total_s` seconds, whatever its status: a redirect is
        an answer like any other. No byte of the answer's body is read. A failure does not say
        whether the other side has read the message."""
        try:
            async with asyncio.timeout(self._limits.total_s):
                return await self._tell(url, body, headers)
        except OutboundError:
            raise
        except Exception as error:
            raise to_outbound_error(error) from error

    async def aclose(self) -> None:
        """Closes all connections; fetches under way fail."""
        await self._pool.aclose()
        self._system_resolver.close()

    async def _follow(self, url: str) -> Fetched:
        target = self._parsed(url)
        for _ in range(self._limits.max_redirects + 1):
            answer = await self._ask(target)
            if isinstance(answer, Fetched):
                return answer
            target = parse_redirect(
                target, answer.location, allowed_ports=WEB_PORTS,
                allow_networks=self._allow_networks, own_hosts=self._own_hosts,
            )  # fmt: skip
        raise FetchFailedError("redirects too often", retryable=False)

    def _parsed(self, url: str) -> OutboundUrl:
        return parse_url(
            url, allowed_ports=WEB_PORTS, allow_networks=self._allow_networks,
            own_hosts=self._own_hosts,
        )  # fmt: skip

    async def _ask(self, target: OutboundUrl) -> Fetched | Redirect:
        async with self._request("GET", target, {}, None) as response:
            return await read_response(response, url=str(target), max_bytes=self._limits.max_bytes)

    async def _tell(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        target = self._parsed(url)
        sized = {**headers, "Content-Length": str(len(body))}
        async with self._request("POST", target, sized, body) as response:
            return read_answer(response)

    def _request(
        self, method: str, target: OutboundUrl, headers: Mapping[str, str], body: bytes | None
    ) -> AbstractAsyncContextManager[httpcore.Response]:
        sent: dict[bytes | str, bytes | str] = {
            "Host": target.authority,
            "User-Agent": self._user_agent,
            "Accept": self._accept,
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        sent.update(headers.items())
        return self._pool.stream(
            method,
            httpcore.URL(
                scheme=target.scheme, host=target.host, port=target.port, target=target.target
            ),
            headers=sent,
            content=body,
            extensions={"timeout": self._timeouts()},
        )

    def _timeouts(self) -> dict[str, float]:
        read_s = self._limits.read_s
        return {"connect": self._limits.connect_s, "read": read_s, "write": read_s}


def _product_version() -> str:
    try:
        return version("ai-image-analyzer")
    except PackageNotFoundError:
        return "0"
