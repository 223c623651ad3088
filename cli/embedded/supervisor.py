"""Keeps programs running: starts them in order, restarts what dies, stops all in reverse."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cli.embedded.child import Child, Program
from cli.exit_codes import CommandError

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0
_HEALTHY_AFTER_S = 30.0
_STOP_WITHIN_S = 10.0
_STOP_WITHOUT_NEED_WITHIN_S = 3.0


def _nothing() -> None:
    """What most programs need after a restart."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A program to keep running. While one of `needs` is down this one is stopped: it must not
    meet it half ready. `after_restart` makes a restarted one usable; an error of it is a death.
    Servers stop after everything that is none."""

    name: str
    make_program: Callable[[], Program]
    needs: tuple[str, ...] = ()
    is_server: bool = False
    after_restart: Callable[[], None] = _nothing


@dataclass(slots=True)
class _Kept:
    unit: Unit
    child: Child | None = None
    due_at: float = 0.0
    pause_s: float = field(default=_FIRST_PAUSE_S)


class Supervisor:
    """`look` does all of the keeping; call it after every signal and at least once a second."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._kept: dict[str, _Kept] = {}

    @property
    def pids(self) -> dict[str, int]:
        """Of what runs now, in the order of the start."""
        return {name: one.child.pid for name, one in self._kept.items() if one.child is not None}

    @property
    def next_look_in_s(self) -> float:
        """When something is due to be started; at most a second."""
        due = [one.due_at for one in self._kept.values() if one.child is None]
        return max(0.0, min([1.0, *(at - time.monotonic() for at in due)]))

    def start(self, unit: Unit) -> None:
        """What `make_program` raises is raised: a first start that fails is not tried again."""
        self._kept[unit.name] = _Kept(unit, Child(unit.make_program()))

    def dead(self) -> Child | None:
        """One that has ended and was not restarted yet."""
        for one in self._kept.values():
            if one.child is not None and one.child.exit_code is not None:
                return one.child
        return None

    def look(self) -> None:
        """Buries the dead, stops what needs them, starts what is due."""
        for one in self._kept.values():
            if one.child is not None and one.child.exit_code is not None:
                self._bury(one, one.child)
        for one in self._kept.values():
            if one.child is None and time.monotonic() >= one.due_at and self._has_needs(one.unit):
                self._restart(one)

    def stop_all(self) -> None:
        """In reverse, the servers when nobody needs them any more."""
        running = [one for one in reversed(self._kept.values()) if one.child is not None]
        self._stop([one for one in running if not one.unit.is_server], _STOP_WITHIN_S)
        self._stop([one for one in running if one.unit.is_server], _STOP_WITHIN_S)

    def _bury(self, one: _Kept, child: Child) -> None:
        child.sweep()
        one.child = None
        if time.monotonic() - child.started_at > _HEALTHY_AFTER_S:
            one.pause_s = _FIRST_PAUSE_S
        self._say(f"{child.name} {_how(child.exit_code)}; starting it again in {one.pause_s:g} s")
        self._postpone(one)
        needing = [other for other in self._kept.values() if child.name in other.unit.needs]
        self._stop(needing, _STOP_WITHOUT_NEED_WITHIN_S)

    def _restart(self, one: _Kept) -> None:
        try:
            one.child = Child(one.unit.make_program())
            one.unit.after_restart()
        except (CommandError, OSError) as error:
            self._say(f"{one.unit.name} does not start: {error}")
            self._stop([one], _STOP_WITHOUT_NEED_WITHIN_S)
            self._postpone(one)
        else:
            self._say(f"{one.unit.name} runs again (process {one.child.pid})")

    def _stop(self, several: list[_Kept], within_s: float) -> None:
        """Asks all at once and waits for one after the other."""
        children = [one.child for one in several if one.child is not None]
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + within_s
        for child in children:
            child.end(deadline - time.monotonic())
        for one in several:
            one.child = None

    def _postpone(self, one: _Kept) -> None:
        one.due_at = time.monotonic() + one.pause_s
        one.pause_s = min(2 * one.pause_s, _LONGEST_PAUSE_S)

    def _has_needs(self, unit: Unit) -> bool:
        return all(self._kept[name].child is not None for name in unit.needs)


def _how(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"was ended by signal {-exit_code}"
    return f"ended with code {exit_code}"
