"""Who does not serve is left alone, then asked by one; what that one learns goes for all."""

import asyncio
from collections.abc import Callable

import pytest

from storage.breaker import BreakerState, CircuitBreaker
from storage.errors import (
    NotFoundError,
    StorageError,
    StoreRefusesError,
    StoreUnavailableError,
    TransientStorageError,
)

GONE = StoreUnavailableError("postgres", "gone")
ANSWERS = [
    NotFoundError("x"),
    TransientStorageError("deadlock"),
    StoreRefusesError("postgres", "read-only"),
]


class Server:
    """Answers as `says`, or keeps everybody waiting while that is an event; counts who reached it.
    The clock is the test's."""

    def __init__(self) -> None:
        self.now = 100.0
        self.opened = 0
        self.asked = 0
        self.probes = 0
        self.says: BaseException | asyncio.Event | None = None
        self.breaker = CircuitBreaker(
            "postgres", failures=3, pause_s=2, clock=lambda: self.now, on_opened=self._count
        )

    def _count(self) -> None:
        self.opened += 1

    def state(self) -> BreakerState:
        return self.breaker.state

    async def ask(self) -> None:
        with self.breaker.asking() as is_probe:
            self.probes += is_probe
            await self._answer()

    async def check(self) -> None:
        with self.breaker.checking():
            await self._answer()

    async def _answer(self) -> None:
        self.asked += 1
        if isinstance(self.says, asyncio.Event):
            await self.says.wait()
        elif self.says is not None:
            raise self.says

    async def fails(self, times: int) -> None:
        self.says = GONE
        for _ in range(times):
            with pytest.raises(StoreUnavailableError):
                await self.ask()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def opened(server: Server) -> Server:
    await server.fails(3)
    assert server.state() is BreakerState.OPEN
    server.says, server.asked = None, 0
    return server


async def refused_unasked(server: Server) -> None:
    before = server.asked
    with pytest.raises(StoreUnavailableError) as caught:
        await server.ask()
    assert caught.value.dependency == "postgres"
    assert server.asked == before


async def test_it_opens_after_failures_in_a_row(server: Server) -> None:
    await server.fails(2)
    assert (server.state(), server.opened) == (BreakerState.CLOSED, 0)
    server.says = None
    await server.ask()
    await server.fails(2)
    assert server.state() is BreakerState.CLOSED
    await server.fails(1)
    assert (server.state(), server.opened) == (BreakerState.OPEN, 1)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
async def test_an_answer_is_no_failure_and_ends_the_row(
    server: Server, answer: StorageError
) -> None:
    await server.fails(2)
    server.says = answer
    with pytest.raises(type(answer)):
        await server.ask()
    await server.fails(2)
    assert server.state() is BreakerState.CLOSED


async def test_a_mistake_of_ours_says_nothing(server: Server) -> None:
    await server.fails(2)
    server.says = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await server.ask()
    assert server.state() is BreakerState.CLOSED
    await server.fails(1)
    assert server.state() is BreakerState.OPEN


async def test_cancelled_callers_say_nothing(server: Server) -> None:
    server.says = asyncio.Event()
    callers = [asyncio.create_task(server.ask()) for _ in range(5)]
    await asyncio.sleep(0)
    assert server.asked == 5
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    await server.fails(2)
    assert server.state() is BreakerState.CLOSED


async def test_while_it_is_open_nobody_is_let_through(opened: Server) -> None:
    for later in (0.0, 1.0, 0.9):
        opened.now += later
        await refused_unasked(opened)


@pytest.mark.parametrize("answer", [None, *ANSWERS])
async def test_after_the_pause_the_answer_of_one_closes_it(
    opened: Server, answer: StorageError | None
) -> None:
    opened.now += 2
    opened.says = answer
    await asyncio.gather(opened.ask(), return_exceptions=True)
    assert (opened.state(), opened.probes) == (BreakerState.CLOSED, 1)


async def test_of_many_at_once_exactly_one_asks(opened: Server) -> None:
    opened.now += 2
    opened.says = answer = asyncio.Event()
    callers = [asyncio.create_task(opened.ask()) for _ in range(200)]
    await asyncio.sleep(0)
    refused = [caller for caller in callers if caller.done()]
    assert (opened.asked, len(refused)) == (1, 199)
    assert all(isinstance(caller.exception(), StoreUnavailableError) for caller in refused)
    assert opened.state() is BreakerState.HALF_OPEN
    answer.set()
    await asyncio.gather(*(caller for caller in callers if caller not in refused))
    assert opened.state() is BreakerState.CLOSED
    await asyncio.gather(*(opened.ask() for _ in range(200)))
    assert opened.asked == 201


async def test_a_probe_that_fails_begins_a_new_pause(opened: Server) -> None:
    opened.now += 2
    await opened.fails(1)
    assert opened.asked == 1
    opened.now += 1.9
    await refused_unasked(opened)
    opened.now += 0.1
    opened.says = None
    await opened.ask()
    assert (opened.state(), opened.opened) == (BreakerState.CLOSED, 1)


async def test_a_probe_that_is_cancelled_gives_its_place_back(opened: Server) -> None:
    opened.now += 2
    opened.says = asyncio.Event()
    probe = asyncio.create_task(opened.ask())
    await asyncio.sleep(0)
    await refused_unasked(opened)
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    assert opened.state() is BreakerState.OPEN
    opened.says = None
    await opened.ask()
    assert opened.state() is BreakerState.CLOSED


async def test_a_probe_that_hangs_loses_its_place(opened: Server) -> None:
    opened.now += 2
    opened.says = never = asyncio.Event()
    hung = asyncio.create_task(opened.ask())
    await asyncio.sleep(0)
    opened.now += 29
    await refused_unasked(opened)
    opened.now += 1
    second = asyncio.create_task(opened.ask())
    await asyncio.sleep(0)
    assert opened.asked == 2
    hung.cancel()
    await asyncio.gather(hung, return_exceptions=True)
    await refused_unasked(opened)  # the place is the second's
    never.set()
    await second
    assert opened.state() is BreakerState.CLOSED


async def test_what_began_before_it_opened_says_nothing_any_more(server: Server) -> None:
    server.says = old = asyncio.Event()
    early = [asyncio.create_task(server.ask()) for _ in range(2)]
    await asyncio.sleep(0)
    await server.fails(3)
    old.set()
    await asyncio.gather(*early)
    assert server.state() is BreakerState.OPEN


async def test_late_failures_of_the_outage_do_not_open_it_again(server: Server) -> None:
    """Calls that waited out their timeouts end after the healing has been noticed."""

    async def ask_and_fail_late(answer: asyncio.Event) -> None:
        with server.breaker.asking():
            await answer.wait()
            raise GONE

    late = asyncio.Event()
    waiting = [asyncio.create_task(ask_and_fail_late(late)) for _ in range(5)]
    await asyncio.sleep(0)
    await server.fails(3)
    server.says = None
    await server.check()
    late.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert (server.state(), server.opened) == (BreakerState.CLOSED, 1)


async def test_a_check_is_let_through_and_its_success_closes(opened: Server) -> None:
    await opened.check()
    assert (opened.asked, opened.state()) == (1, BreakerState.CLOSED)
    await opened.ask()


async def test_checks_that_fail_open_it_and_keep_nobody_waiting_longer(server: Server) -> None:
    async def check_in_vain() -> None:
        with pytest.raises(StoreUnavailableError):
            await server.check()

    server.says = GONE
    for _ in range(3):
        await check_in_vain()
    assert (server.state(), server.opened) == (BreakerState.OPEN, 1)
    server.now += 1.9
    await check_in_vain()
    server.now += 0.1
    server.says = None
    await server.ask()
    assert (server.probes, server.state()) == (1, BreakerState.CLOSED)


@pytest.mark.parametrize("ask", [Server.ask, Server.check])
async def test_errors_travel_on_as_they_are(
    server: Server, ask: Callable[[Server], asyncio.Future[None]]
) -> None:
    server.says = GONE
    with pytest.raises(StoreUnavailableError) as caught:
        await ask(server)
    assert caught.value is GONE
