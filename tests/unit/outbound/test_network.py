"""The gate at connect time, on a backend that records where it was sent."""

import asyncio
import ssl
from collections.abc import Collection, Iterable, Sequence
from ipaddress import ip_network

import httpcore
import pytest

from outbound.addresses import Network
from outbound.errors import BlockedAddressError, FetchFailedError
from outbound.network import ClosingStream, GuardedBackend


class RecordingBackend(httpcore.AsyncNetworkBackend):
    """Connects nowhere and remembers every attempt; addresses in `dead` refuse."""

    def __init__(self, *, dead: Collection[str] = ()) -> None:
        self.attempts: list[tuple[str, int]] = []
        self._dead = dead

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.attempts.append((host, port))
        if host in self._dead:
            raise httpcore.ConnectError
        return httpcore.AsyncMockStream([])


class Answers:
    """A resolver that gives one prepared answer after the other and then the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def guarded(
    resolve: Answers, inner: RecordingBackend, allow_networks: Collection[Network] = ()
) -> GuardedBackend:
    return GuardedBackend(
        resolve=resolve, allowed_ports={80, 443}, allow_networks=allow_networks, inner=inner
    )


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    inner, resolve = RecordingBackend(), Answers(["93.184.215.14"], ["127.0.0.1"])
    backend = guarded(resolve, inner)
    await backend.connect_tcp("rebinding.example", 443, 2.0)
    assert resolve.asked == [("rebinding.example", 443)]
    with pytest.raises(BlockedAddressError):
        await backend.connect_tcp("rebinding.example", 443, 2.0)
    assert inner.attempts == [("93.184.215.14", 443)]


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["93.184.215.14", "10.0.0.1"],
        ["10.0.0.1", "93.184.215.14"],
        ["2606:2800::1", "93.184.215.14", "::ffff:169.254.169.254"],
        ["fe80::1%eth0"],
        ["64:ff9b::a9fe:a9fe"],
        ["not an address"],
        [""],
    ],
)
async def test_one_bad_answer_refuses_the_name_without_any_connection(answer: list[str]) -> None:
    inner = RecordingBackend()
    with pytest.raises(BlockedAddressError):
        await guarded(Answers(answer), inner).connect_tcp("mixed.example", 80, 2.0)
    assert inner.attempts == []


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1%eth0", "::ffff:10.0.0.1"])
async def test_literals_pass_the_same_gate_without_a_resolver(host: str) -> None:
    inner, resolve = RecordingBackend(), Answers(["1.1.1.1"])
    with pytest.raises(BlockedAddressError):
        await guarded(resolve, inner).connect_tcp(host, 80)
    assert (inner.attempts, resolve.asked) == ([], [])


async def test_a_name_without_addresses_fails() -> None:
    with pytest.raises(FetchFailedError):
        await guarded(Answers([]), RecordingBackend()).connect_tcp("empty.example", 80)


async def test_at_most_one_address_of_each_family_is_tried() -> None:
    answer = ["2606:2800::1", "2606:2800::2", "1.1.1.1", "1.0.0.1"]
    inner = RecordingBackend(dead=answer)
    with pytest.raises(httpcore.ConnectError):
        await guarded(Answers(answer), inner).connect_tcp("dead.example", 80, 2.0)
    assert inner.attempts == [("2606:2800::1", 80), ("1.1.1.1", 80)]


async def test_a_dead_family_does_not_hide_the_other() -> None:
    inner = RecordingBackend(dead={"2606:2800::1"})
    backend = guarded(Answers(["2606:2800::1", "1.1.1.1"]), inner)
    await backend.connect_tcp("dual.example", 80, 2.0)
    assert inner.attempts[-1] == ("1.1.1.1", 80)


@pytest.mark.parametrize("port", [0, 22, 6379, 8080])
async def test_other_ports_are_refused(port: int) -> None:
    inner = RecordingBackend()
    with pytest.raises(BlockedAddressError):
        await guarded(Answers(["1.1.1.1"]), inner).connect_tcp("example.com", port)
    assert inner.attempts == []


async def test_any_port_of_an_allowed_network_is_open() -> None:
    inner, networks = RecordingBackend(), (ip_network("10.1.0.0/16"),)
    await guarded(Answers(["10.1.2.3"]), inner, networks).connect_tcp("images.corp", 9000)
    assert inner.attempts == [("10.1.2.3", 9000)]


async def test_an_odd_port_needs_every_answer_in_an_allowed_network() -> None:
    inner, networks = RecordingBackend(), (ip_network("10.1.0.0/16"),)
    with pytest.raises(BlockedAddressError):
        await guarded(Answers(["10.1.2.3", "1.1.1.1"]), inner, networks).connect_tcp("x", 9000)
    assert inner.attempts == []


async def test_a_resolver_that_hangs_runs_into_the_connect_timeout() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    backend = GuardedBackend(resolve=resolve, allowed_ports={80}, inner=RecordingBackend())
    with pytest.raises(TimeoutError):
        await backend.connect_tcp("slow.example", 80, 0.01)


async def test_unix_sockets_are_refused() -> None:
    with pytest.raises(BlockedAddressError):
        await guarded(Answers([]), RecordingBackend()).connect_unix_socket("/run/docker.sock")


class StuckHandshake(httpcore.AsyncMockStream):
    """A connection whose TLS handshake never ends."""

    def __init__(self) -> None:
        super().__init__([])
        self.is_closed = False

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        await asyncio.Event().wait()
        return self

    async def aclose(self) -> None:
        self.is_closed = True


async def test_a_cancelled_handshake_closes_the_connection() -> None:
    stuck = StuckHandshake()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await ClosingStream(stuck).start_tls(ssl.create_default_context())
    assert stuck.is_closed
