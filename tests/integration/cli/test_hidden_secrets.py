"""Every command as a process, with secrets it has no luck with: none of them comes out, neither in
what it says nor in the list of processes."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cli.main import app
from cli.settings import Settings
from tests.support.canary_secrets import canaries, canary, shown
from tests.support.process_tree import descendants
from tests.support.services.ports import free_ports

ROOT = Path(__file__).resolve().parents[3]
_LONGEST_S = 60.0
_LOOK_EVERY_S = 0.05
ARGUMENTS = {
    "analyses show": ("01981a5c-7d1e-7a44-9b6e-3c1f0a2b4d5e",),
    "api": (),
    "audit list": (),
    "bucket create": (),
    "check": (),
    "dlq discard": ("--every",),
    "dlq list": (),
    "dlq replay": ("--every",),
    "dlq show": ("image-requested-dlq[0]@1",),
    "keys create": ("--tenant", "acme", "--name", "x"),
    "keys list": ("--tenant", "acme"),
    "keys revoke": ("key_0123456789abcdef", "--tenant", "acme"),
    "migrate": (),
    "models list": (),
    "prepare-embedded": (),
    "probe": ("--url", "http://127.0.0.1:1"),
    "produce": ("samples/astronaut.jpg", "--tenant", "acme"),
    "rebuild": (),
    "submit": ("samples/astronaut.jpg", "--url", "http://127.0.0.1:1"),
    "tenants set-tier": ("acme", "free"),
    "topics create": (),
    "topics verify": (),
    "users create": ("ada@acme", "--password-file", "-"),
    "users disable": ("ada@acme",),
    "users list": ("--tenant", "acme"),
    "users password": ("ada@acme", "--password-file", "-"),
    "users role": ("ada@acme", "viewer"),
    "webhooks list": (),
    "webhooks retry": ("--every",),
    "webhooks secret rotate": ("--tenant", "acme"),
    "webhooks show": ("acme/01981a5c-7d1e-7a44-9b6e-3c1f0a2b4d5e",),
    "worker": ("admit", "deliver", "detect", "fetch", "record", "retry", "sweep"),
}
# They start or look at an instance whose secrets they make themselves, fetch from the network, or
# read no secret.
ELSEWHERE = {"up", "first-look", "models fetch", "health", "size"}


class Watched:
    """A command while it runs, and all that could be seen of it from outside."""

    def __init__(
        self, arguments: tuple[str, ...], environment: dict[str, str], folder: Path, told: str = ""
    ) -> None:
        self._said = folder / "said"
        (folder / "told").write_text(told)
        with self._said.open("wb") as output, (folder / "told").open("rb") as given:
            self._process = subprocess.Popen(
                (sys.executable, "-m", "cli.main", *arguments), cwd=ROOT, env=environment,
                stdin=given, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.command_lines: set[str] = set()
        self.code: int | None = None

    def look(self) -> bool:
        """Whether it still runs; its command line, and those of its children, are kept."""
        for pid in {self._process.pid, *descendants(self._process.pid)}:
            try:
                line = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            self.command_lines.add(line.replace(b"\0", b" ").decode(errors="replace"))
        self.code = self._process.poll()
        return self.code is None

    def watch(self, *, for_s: float) -> None:
        until = time.monotonic() + for_s
        while self.look() and time.monotonic() < until:
            time.sleep(_LOOK_EVERY_S)

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self.code = self._process.wait(_LONGEST_S)

    @property
    def words(self) -> str:
        return self._said.read_text(errors="replace")


def environment_with(hidden: dict[str, str], **more: str) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ANALYZER_")}
    return kept | hidden | more


def unlucky(hidden: dict[str, str], **more: str) -> dict[str, str]:
    """Whole settings, of servers that are not there."""
    return environment_with(
        hidden,
        ANALYZER_BUCKET__ENDPOINT="http://127.0.0.1:1",
        ANALYZER_KAFKA__BOOTSTRAP_SERVERS="127.0.0.1:1",
        ANALYZER_KAFKA__SECURITY_PROTOCOL="SASL_PLAINTEXT",
        ANALYZER_KAFKA__USERNAME="analyzer",
        ANALYZER_LOG__LEVEL="debug",
        **more,
    )


@pytest.fixture
def hidden() -> dict[str, str]:
    """The keys that sign are looked at before anything else: they are real ones."""
    keys = ("ANALYZER_AUTH__SIGNING_KEY", "ANALYZER_AUTH__PREVIOUS_KEY")
    return canaries(Settings) | {name: private_key() for name in keys}


def private_key() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def commands() -> Iterator[str]:
    yield from _in(app, ())


def _in(group: click.Group, path: tuple[str, ...]) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _in(command, (*path, name))
        else:
            yield " ".join((*path, name))


def test_every_command_is_looked_at() -> None:
    assert set(commands()) == ARGUMENTS.keys() | ELSEWHERE


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted(ARGUMENTS.keys() - {"api", "worker"}))
def test_a_command_that_finds_no_server_says_no_secret(
    command: str, hidden: dict[str, str], tmp_path: Path
) -> None:
    key, password = canary(), canary()
    environment = unlucky(hidden, IMAGE_ANALYZER_KEY=key)
    running = Watched((*command.split(), *ARGUMENTS[command]), environment, tmp_path, password)
    running.watch(for_s=_LONGEST_S)
    running.end()
    told = hidden | {"IMAGE_ANALYZER_KEY": key, "standard input": password}
    assert running.code == (0 if command == "models list" else 3), running.words
    assert "Traceback" not in running.words
    assert shown(running.words, told) == []
    assert shown(" ".join(running.command_lines), told) == []
    assert any(command.split(maxsplit=1)[0] in line for line in running.command_lines)


def test_a_worker_that_finds_no_server_says_no_secret(
    hidden: dict[str, str], tmp_path: Path
) -> None:
    running = Watched(("worker", *ARGUMENTS["worker"]), unlucky(hidden), tmp_path)
    try:
        running.watch(for_s=_LONGEST_S)
    finally:
        running.end()
    assert running.code == 3, running.words
    assert shown(running.words, hidden) == []
    assert shown(" ".join(running.command_lines), hidden) == []


def test_an_api_that_finds_no_server_shows_no_secret(
    hidden: dict[str, str], tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    environment = unlucky(
        hidden, ANALYZER_API__PORT=str(port), ANALYZER_API__METRICS_FOR="everybody"
    )
    running = Watched(("api",), environment, tmp_path)
    try:
        answers = [ask(running, port, path) for path in PAGES]
        running.watch(for_s=3)
        assert running.code is None, running.words
    finally:
        running.end()
    assert all(answers)
    for text in (*answers, running.words, " ".join(running.command_lines)):
        assert shown(text, hidden) == []


PAGES = ("/health", "/ready", "/metrics", "/openapi.json", "/nowhere", "/v1/analyses/x")


def ask(running: Watched, port: int, path: str) -> str:
    """Head and body of the answer, of whatever status."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    request.add_header("Authorization", f"Bearer {canary()}")
    until = time.monotonic() + _LONGEST_S
    while running.look() and time.monotonic() < until:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback only
                return f"{answer.headers}{answer.read().decode()}"
        except urllib.error.HTTPError as answer:
            with answer:
                return f"{answer.headers}{answer.read().decode()}"
        except OSError:
            time.sleep(_LOOK_EVERY_S)
    raise AssertionError(f"{path} is not answered: {running.words}")


WRONG = [
    {"ANALYZER_POSTGRES__DSN": "postgresql://analyzer:{}%zz@db/analyzer"},
    {"ANALYZER_REDIS__URL": "redis://:{}/1@cache"},
    {"ANALYZER_LOG__LEVEL": "loud", "ANALYZER_API__SECRET": "{}"},
    {"ANALYZER_AUTH__SIGNING_KEY": "-----BEGIN PRIVATE KEY-----{}"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=" ".join)
def test_a_process_that_does_not_start_says_no_secret(
    wrong: dict[str, str], hidden: dict[str, str], tmp_path: Path
) -> None:
    secret = canary()
    wrong = {name: text.format(secret) for name, text in wrong.items()}
    running = Watched(("api",), unlucky(hidden) | wrong, tmp_path)
    running.watch(for_s=_LONGEST_S)
    running.end()
    assert running.code == 2, running.words
    assert next(iter(wrong)).partition("__")[0] in running.words
    assert shown(running.words, hidden | {"wrong": secret}) == []
