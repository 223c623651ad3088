"""The gate at connect time: resolve once, check every answer, connect to what was checked.

Names, literal addresses, redirects and reconnects all pass here, below HTTP. TLS still asks
for the certificate of the name, because only the TCP connection is made by address.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Collection, Iterable, Sequence
from ipaddress import ip_address

import anyio
import httpcore

from outbound.addresses import Address, Network, check_address, is_in
from outbound.errors import BlockedAddressError, FetchFailedError
from outbound.resolver import Resolve


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections for httpcore, and none that the address policy refuses.

    A name is resolved once per connection and *all* its addresses must pass; one private
    answer among public ones refuses the name. No packet goes to a refused address.
    """

    def __init__(
        self,
        *,
        resolve: Resolve,
        allowed_ports: Collection[int],
        allow_networks: Collection[Network] = (),
        inner: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._resolve = resolve
        self._allowed_ports = allowed_ports
        self._allow_networks = allow_networks
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Tries at most one address of each family, all within `timeout` seconds."""

        async def connect(address: Address) -> httpcore.AsyncNetworkStream:
            share = None if timeout is None else timeout / len(candidates)
            stream = await self._inner.connect_tcp(
                str(address), port, share, local_address, socket_options
            )
            return ClosingStream(stream)

        async with asyncio.timeout(timeout):
            candidates = _one_per_family(await self._checked(host, port))
            for address in candidates[:-1]:
                with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                    return await connect(address)
            return await connect(candidates[-1])

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Always refused."""
        raise BlockedAddressError("unix sockets are not allowed")

    async def sleep(self, seconds: float) -> None:
        """The pause httpcore makes between its own retries."""
        await self._inner.sleep(seconds)

    async def _checked(self, host: str, port: int) -> list[Address]:
        found = [_to_address(text) for text in await self._answers(host, port)]
        passed = [check_address(each, allow_networks=self._allow_networks) for each in found]
        if not passed:
            raise FetchFailedError("the name has no address", retryable=False)
        if port not in self._allowed_ports and not all(
            is_in(address, self._allow_networks) for address in passed
        ):
            raise BlockedAddressError(f"port {port} is not allowed")
        return passed

    async def _answers(self, host: str, port: int) -> Sequence[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            return await self._resolve(host, port)


class ClosingStream(httpcore.AsyncNetworkStream):
    """A connection that is closed also when its TLS handshake is cancelled by a deadline."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to `max_bytes`; empty at the end."""
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of `buffer`."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Closes the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The same connection under TLS, its certificate checked for `server_hostname`."""
        try:
            return await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException as error:
            with anyio.CancelScope(shield=True):
                await self._stream.aclose()
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                reason = "the certificate does not prove the name"
                raise FetchFailedError(reason, retryable=False) from error
            raise

    def get_extra_info(self, info: str) -> object:
        """What the connection below knows."""
        return self._stream.get_extra_info(info)


def _to_address(text: str) -> Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise BlockedAddressError("the resolver's answer is no address") from error


def _one_per_family(addresses: Sequence[Address]) -> list[Address]:
    first = {address.version: address for address in reversed(addresses)}
    return [address for address in dict.fromkeys(addresses) if first[address.version] == address]
