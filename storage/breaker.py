"""A circuit breaker: who does not serve is left alone for a while, then asked by one at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from time import monotonic

from storage.errors import StorageError, StoreRefusesError, StoreUnavailableError
from storage.settings import BreakerSettings
from telemetry.logs import get_logger

_log = get_logger(__name__)
_LONGEST_PROBE_S = 30.0  # every call of ours is bounded by less; a net for one that is not


class BreakerState(IntEnum):
    """The numbers are those of the metric. Half open: one call is finding out."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@dataclass(slots=True, eq=False)
class _Call:
    """`epoch` is how often the breaker had changed when the call began."""

    epoch: int
    began: float
    is_probe: bool


class CircuitBreaker:
    """`failures` calls in a row that find the dependency not serving open it. For `pause_s` all
    calls raise StoreUnavailableError at once; then one at a time is let through, until one of them
    succeeds. For one event loop; not for threads.

    Only StoreUnavailableError counts. Every other storage error is an answer, so the server serves.
    A call that is cancelled, or ends in a mistake of ours, says nothing; nor does one that began
    before the breaker last opened or closed.
    """

    def __init__(
        self,
        dependency: str,
        *,
        failures: int = 3,
        pause_s: float = 2.0,
        clock: Callable[[], float] = monotonic,
        on_opened: Callable[[], None] = lambda: None,
    ) -> None:
        self._dependency = dependency
        self._limit = failures
        self._pause_s = pause_s
        self._clock = clock
        self._on_opened = on_opened
        self._is_open = False
        self._epoch = 0
        self._in_a_row = 0
        self._next_probe_at = 0.0
        self._probe: _Call | None = None

    @property
    def state(self) -> BreakerState:
        if not self._is_open:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._probe is None else BreakerState.HALF_OPEN

    @contextmanager
    def asking(self) -> Iterator[bool]:
        """Around one call; true for the one that finds out whether it serves again.

        Raises StoreUnavailableError, without waiting, for calls that are not let through.
        """
        call = self._admitted()
        with self._judged(call):
            yield call.is_probe

    @contextmanager
    def checking(self) -> Iterator[None]:
        """Around a health check, which is let through at any time: its success closes the breaker,
        its failure counts as any other and makes nobody wait longer."""
        with self._judged(_Call(self._epoch, self._clock(), is_probe=False)):
            yield

    def _admitted(self) -> _Call:
        now = self._clock()
        if not self._is_open:
            return _Call(self._epoch, now, is_probe=False)
        if now < self._next_probe_at:
            left = self._next_probe_at - now
            raise StoreUnavailableError(self._dependency, f"it is left alone for {left:.1f} s more")
        if self._probe is not None and now - self._probe.began < _LONGEST_PROBE_S:
            raise StoreUnavailableError(self._dependency, "another call is finding out")
        self._probe = _Call(self._epoch, now, is_probe=True)
        return self._probe

    @contextmanager
    def _judged(self, call: _Call) -> Iterator[None]:
        try:
            yield
        except StoreRefusesError:
            self._served(call)
            raise
        except StoreUnavailableError as error:
            self._failed(call, error)
            raise
        except StorageError:
            self._served(call)
            raise
        else:
            self._served(call)
        finally:
            if self._probe is call:
                self._probe = None

    def _served(self, call: _Call) -> None:
        if call.epoch != self._epoch:
            return
        self._in_a_row = 0
        if self._is_open:
            self._is_open = False
            self._epoch += 1
            self._probe = None
            _log.info("breaker_closed", dependency=self._dependency)

    def _failed(self, call: _Call, error: StoreUnavailableError) -> None:
        if call.epoch != self._epoch:
            return
        if self._is_open:
            if self._probe is call:
                self._next_probe_at = self._clock() + self._pause_s
            return
        self._in_a_row += 1
        if self._in_a_row >= self._limit:
            self._open(error)

    def _open(self, error: StoreUnavailableError) -> None:
        self._is_open = True
        self._epoch += 1
        self._next_probe_at = self._clock() + self._pause_s
        self._on_opened()
        _log.warning("breaker_opened", dependency=self._dependency, error=str(error)[:300])


def make_breaker(
    dependency: str, settings: BreakerSettings, *, on_opened: Callable[[], None] = lambda: None
) -> CircuitBreaker:
    return CircuitBreaker(
        dependency,
        failures=settings.breaker_failures,
        pause_s=settings.breaker_pause_s,
        on_opened=on_opened,
    )
