"""Keeping processes running, with small ones of our own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.embedded.child import Child, Program
from cli.embedded.supervisor import Supervisor, Unit
from cli.embedded.watch import Watch
from cli.exit_codes import CommandError
from tests.support.process_tree import is_alive, wait_until
from tests.support.within import crowd

SLEEP = (sys.executable, "-S", "-c", "import time; time.sleep(600)")
IGNORES_TERM = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "sys.stderr.write('deaf\\n'); time.sleep(600)"
)
STUBBORN = (sys.executable, "-S", "-c", IGNORES_TERM)


class Said:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def supervisor(said: Said) -> Iterator[Supervisor]:
    made = Supervisor(said)
    yield made
    made.stop_all()


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Program]:
    def make(name: str, argv: tuple[str, ...] = SLEEP) -> Program:
        return Program(name, argv, dict(os.environ), tmp_path / f"{name}.log")

    return make


def look_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    def look() -> bool:
        supervisor.look()
        return condition()

    wait_until(look, within_s=20)


def test_what_dies_is_started_again(
    supervisor: Supervisor, program: Callable[..., Program], said: Said
) -> None:
    supervisor.start(Unit("one", lambda: program("one")))
    first = supervisor.pids["one"]
    os.kill(first, signal.SIGKILL)
    look_until(supervisor, lambda: supervisor.pids.get("one", first) != first)
    assert said.lines[0] == "one was ended by signal 9; starting it again in 0.5 s"
    assert said.lines[1] == f"one runs again (process {supervisor.pids['one']})"


def test_pauses_grow(supervisor: Supervisor, program: Callable[..., Program], said: Said) -> None:
    gone = (sys.executable, "-S", "-c", "raise SystemExit(7)")
    supervisor.start(Unit("brief", lambda: program("brief", gone)))
    look_until(supervisor, lambda: len(said.lines) >= 3)
    assert said.lines[0] == "brief ended with code 7; starting it again in 0.5 s"
    look_until(
        supervisor, lambda: "brief ended with code 7; starting it again in 1 s" in said.lines
    )


def test_what_needs_the_dead_is_stopped_and_comes_back_after_it(
    supervisor: Supervisor, program: Callable[..., Program]
) -> None:
    order: list[str] = []
    base = Unit("base", lambda: program("base"), after_restart=lambda: order.append("made usable"))
    supervisor.start(base)

    def make_user() -> Program:
        order.append("user starts")
        return program("user")

    supervisor.start(Unit("user", make_user, needs=("base",)))
    user = supervisor.pids["user"]
    os.kill(supervisor.pids["base"], signal.SIGKILL)
    look_until(supervisor, lambda: "base" not in supervisor.pids)
    assert not is_alive(user)
    look_until(supervisor, lambda: set(supervisor.pids) == {"base", "user"})
    assert order == ["user starts", "made usable", "user starts"]


def test_one_that_cannot_be_made_usable_is_tried_again(
    supervisor: Supervisor, program: Callable[..., Program], said: Said
) -> None:
    failures = [CommandError("no topics")]

    def make_usable() -> None:
        if failures:
            raise failures.pop()

    supervisor.start(Unit("base", lambda: program("base"), after_restart=make_usable))
    os.kill(supervisor.pids["base"], signal.SIGKILL)
    look_until(supervisor, lambda: "base does not start: no topics" in said.lines)
    assert "base" not in supervisor.pids
    assert 0.0 <= supervisor.next_look_in_s <= 1.0
    look_until(supervisor, lambda: "base" in supervisor.pids)


def test_all_are_stopped_and_servers_last(
    supervisor: Supervisor, program: Callable[..., Program]
) -> None:
    supervisor.start(Unit("server", lambda: program("server"), is_server=True))
    supervisor.start(Unit("client", lambda: program("client")))
    pids = supervisor.pids.values()
    supervisor.stop_all()
    assert not any(map(is_alive, pids))
    assert supervisor.pids == {}


def test_one_that_has_died_is_found(
    supervisor: Supervisor, program: Callable[..., Program]
) -> None:
    supervisor.start(Unit("one", lambda: program("one")))
    assert supervisor.dead() is None
    os.kill(supervisor.pids["one"], signal.SIGKILL)
    wait_until(lambda: supervisor.dead() is not None)


def test_the_deaf_are_killed(program: Callable[..., Program]) -> None:
    child = Child(program("deaf", STUBBORN))
    wait_until(lambda: "deaf" in child.last_words())
    child.ask_to_stop()
    child.end(0.2)
    assert child.exit_code == -signal.SIGKILL


def test_the_last_words_are_the_reasons_of_this_run(program: Callable[..., Program]) -> None:
    program("talker").log.write_text("of another run\n")
    notes = '{"level": "info"}\n{"level": "error", "event": "no disk"}\n{"level": "info"}\n'
    script = f"printf '%s' '{notes}'"
    child = Child(program("talker", ("/bin/sh", "-c", script)))
    wait_until(lambda: child.exit_code is not None)
    assert child.last_words() == '{"level": "error", "event": "no disk"}'


def test_a_large_log_is_set_aside(program: Callable[..., Program]) -> None:
    made = program("chatty")
    made.log.write_bytes(b"x" * 5_000_001)
    Child(made).end(0)
    assert made.log.stat().st_size == 0
    assert made.log.with_suffix(".log.1").stat().st_size == 5_000_001


def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from cli.embedded.child import Child, Program\n"
        f"log = Path({str(tmp_path)!r}) / 'x.log'\n"
        f"print(Child(Program('x', {SLEEP!r}, dict(os.environ), log)).pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen((sys.executable, "-c", code), cwd=root, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
        wait_until(lambda: not is_alive(child))


def test_a_request_to_stop_is_noted() -> None:
    with Watch() as watch:
        os.kill(os.getpid(), signal.SIGCHLD)
        watch.wait(5)
        assert not watch.is_stop_asked
        os.kill(os.getpid(), signal.SIGTERM)
        begun = time.monotonic()
        watch.wait(30)
        assert watch.is_stop_asked
        assert time.monotonic() - begun < 5 * crowd()
    assert signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL
