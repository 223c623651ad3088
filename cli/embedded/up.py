"""`image-analyzer up`: the embedded mode from its first line to its last process."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from cli.data_folder import DataFolder
from cli.embedded.child import Child
from cli.embedded.connection import Connection
from cli.embedded.demo_key import demo_key
from cli.embedded.instance import WORKERS, Instance, Ports, samples_folder
from cli.embedded.lock import only_instance
from cli.embedded.ports import answers, free_ports, require_free
from cli.embedded.ready_box import NOTICE, ready_box
from cli.embedded.signing_key import keep_signing_key
from cli.embedded.supervisor import Supervisor
from cli.embedded.watch import Watch
from cli.embedded.webhook_secret import keep_webhook_secret
from cli.exit_codes import CommandError, DependencyError, ExitCode

_SERVERS_WITHIN_S = 60.0
_SETUP_WITHIN_S = 60.0
_READY_WITHIN_S = 90.0
_SAMPLES_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class UpOptions:
    folder: DataFolder
    port: int
    model: str | None
    once: bool


class _StopAskedError(Exception):
    """Somebody wants everything to stop; no error to the outside."""


def run_up(options: UpOptions) -> ExitCode:
    """Returns when it was asked to stop, or with `once` after the samples; nothing runs then.
    Raises CommandError for what keeps it from starting."""
    say(NOTICE)
    options.folder.make()
    with only_instance(options.folder.lock), Watch() as watch:
        require_free(options.port)
        api, broker, *workers = [options.port, *free_ports(1 + len(WORKERS))]
        ports = Ports(api, broker, dict(zip(WORKERS, workers, strict=True)))
        instance = Instance(options.folder, ports, os.environ, options.model)
        run = _Run(instance, watch)
        try:
            return run.to_its_end(once=options.once)
        except _StopAskedError:
            return ExitCode.DONE
        finally:
            say("stopping …")
            run.stop()


class _Run:
    def __init__(self, instance: Instance, watch: Watch) -> None:
        self._instance = instance
        self._watch = watch
        self._supervisor = Supervisor(say)
        self._key = demo_key(instance.folder.api_key)
        keep_signing_key(instance.folder.signing_key)
        keep_webhook_secret(instance.folder.webhook_secret)
        self._begun = time.monotonic()

    def to_its_end(self, *, once: bool) -> ExitCode:
        self._start()
        samples = samples_folder()
        said = samples / "coffee.jpg" if samples else "picture.jpg"
        took_s = time.monotonic() - self._begun
        data = str(self._instance.folder.root)
        say(ready_box(self._connection(), sample=str(said), data=data))
        say(f"ready after {took_s:.1f} s")
        exit_code = ExitCode.DONE
        if samples is not None:
            exit_code = self._look_at(str(samples))
        if once:
            return exit_code
        while not self._watch.is_stop_asked:
            self._watch.wait(self._supervisor.next_look_in_s)
            self._keep()
        return ExitCode.DONE

    def stop(self) -> None:
        self._supervisor.stop_all()
        self._instance.folder.connection.unlink(missing_ok=True)

    def _start(self) -> None:
        instance = self._instance
        for unit in instance.servers(self._create_topics):
            self._supervisor.start(unit)
        self._wait(instance.servers_are_ready, _SERVERS_WITHIN_S, lambda: "broker and PostgreSQL")
        self._command("prepare-embedded", "--key-file", str(instance.folder.api_key))
        for unit in instance.processes():
            self._supervisor.start(unit)
        self._connection().write(instance.folder.connection)
        self._wait(
            lambda: not instance.missing(), _READY_WITHIN_S, lambda: ", ".join(instance.missing())
        )

    def _look_at(self, samples: str) -> ExitCode:
        """As a process with our own terminal; what dies meanwhile is restarted as ever."""
        program = self._instance.command("first-look", str(self._instance.folder.root), samples)
        looking = Child(program, shows_output=True)
        try:
            deadline = time.monotonic() + _SAMPLES_WITHIN_S
            while looking.exit_code is None and time.monotonic() < deadline:
                self._pause(0.2)
                self._keep()
        finally:
            looking.sweep()
        return ExitCode.DONE if looking.exit_code == 0 else ExitCode.FAILED

    def _keep(self) -> None:
        before = self._supervisor.pids
        self._supervisor.look()
        if self._supervisor.pids != before:
            self._connection().write(self._instance.folder.connection)

    def _create_topics(self) -> None:
        deadline = time.monotonic() + 5
        while not answers(self._instance.ports.broker):
            if time.monotonic() > deadline:
                raise DependencyError("the broker does not listen")
            time.sleep(0.01)
        self._command("prepare-embedded")

    def _command(self, *arguments: str) -> None:
        """Waits for a short process of ours. Raises CommandError with what it has said."""
        child = Child(self._instance.command(*arguments))
        deadline = time.monotonic() + _SETUP_WITHIN_S
        try:
            while child.exit_code is None and time.monotonic() < deadline:
                self._pause(0.2)
        finally:
            child.sweep()
        if child.exit_code != 0:
            raise DependencyError(f"{' '.join(arguments[:1])} failed:\n{child.last_words()}")

    def _wait(
        self, is_done: Callable[[], bool], within_s: float, missing: Callable[[], str]
    ) -> None:
        deadline = time.monotonic() + within_s
        while not is_done():
            dead = self._supervisor.dead()
            if dead is not None:
                raise CommandError(
                    f"{dead.name} ended with code {dead.exit_code} before it was ready; "
                    f"from {dead.program.log}:\n{dead.last_words()}"
                )
            if time.monotonic() > deadline:
                raise CommandError(
                    f"not ready within {within_s:.0f} s: {missing()}; "
                    f"see the logs in {self._instance.folder.root / 'logs'}"
                )
            self._pause(0.05)

    def _pause(self, seconds: float) -> None:
        self._watch.wait(seconds)
        if self._watch.is_stop_asked:
            raise _StopAskedError

    def _connection(self) -> Connection:
        instance = self._instance
        return Connection(
            base_url=f"http://127.0.0.1:{instance.ports.api}",
            api_key=self._key,
            kafka_bootstrap_servers=instance.broker,
            postgres_dsn=instance.database.dsn,
            objects=str(instance.folder.objects),
            pids=self._supervisor.pids,
        )


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
