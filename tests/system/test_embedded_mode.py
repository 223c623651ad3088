"""One command, the whole product: what it finds, what it keeps, what it survives."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.process_tree import wait_until
from tests.system.embedded import ROOT, Embedded, environment, start, up_command

SAMPLES = ROOT / "samples"


@pytest.fixture
def started() -> Iterator[Callable[..., Embedded]]:
    """Starts instances; none of their processes outlives the test."""
    made: list[Embedded] = []

    def start_one(data: Path, *options: str) -> Embedded:
        made.append(start(data, *options))
        return made[-1]

    yield start_one
    for one in made:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)
        assert one.process.stdout is not None
        one.process.stdout.close()


def names(result: dict[str, object]) -> set[str]:
    found = result["detected_objects"]
    assert isinstance(found, list)
    return {one["name"] for one in found}


def test_a_first_look(tmp_path: Path, started: Callable[..., Embedded]) -> None:
    look = started(tmp_path, "--once")
    said, _ = look.process.communicate(timeout=180)
    assert look.process.returncode == 0, said
    for photograph, found in (("astronaut", "person"), ("chelsea", "cat"), ("coffee", "cup")):
        (line,) = [line for line in said.splitlines() if line.startswith(f"{photograph}.jpg: ")]
        assert f"{found} 0." in line
        drawn = tmp_path / "annotated" / f"{photograph}.jpg"
        assert str(drawn) in line
        assert drawn.read_bytes()[:2] == b"\xff\xd8"
    assert said.splitlines()[0].startswith("Embedded mode, for a first look")
    assert f"http://127.0.0.1:{look.port}/docs" in said
    assert not (tmp_path / "connection.json").exists()


def test_a_life(tmp_path: Path, started: Callable[..., Embedded]) -> None:
    """One long test: every start costs several seconds of both cores."""
    first = started(tmp_path)
    first.wait_for_samples()
    key = first.connection()["api_key"]
    check_the_connection_file(first)
    request_id = check_an_upload(first)
    check_the_operators_commands(first)
    check_a_first_user(first, tmp_path)
    check_that_a_second_one_is_refused(first)
    check_that_a_killed_detector_comes_back(first)
    assert first.end(signal.SIGINT) == 0

    (tmp_path / "annotated" / "coffee.jpg").unlink()
    second = started(tmp_path)
    second.wait_for_samples()
    assert second.connection()["api_key"] == key
    view = second.ask(f"/api/v1/analyses/{request_id}")
    assert view["state"] == "completed"
    assert names(view["result"]) >= {"cup"}
    assert second.end(signal.SIGKILL) == -signal.SIGKILL


def check_the_connection_file(one: Embedded) -> None:
    file = one.data / "connection.json"
    assert file.stat().st_mode & 0o777 == 0o600
    connection = one.connection()
    assert connection["base_url"] == f"http://127.0.0.1:{one.port}"
    assert connection["api_key"].startswith("aia_")
    assert connection["kafka_bootstrap_servers"].startswith("127.0.0.1:")
    assert connection["postgres_dsn"].startswith("postgresql://")
    assert Path(connection["objects"]).is_dir()
    assert set(connection["pids"]) >= {"api", "detect", "io", "broker", "postgres"}
    assert set(connection["pids"].values()) <= one.family


def check_an_upload(one: Embedded) -> str:
    result = one.upload(SAMPLES / "coffee.jpg")
    assert names(result) >= {"cup"}
    assert result["model"]["name"] == "centernet-mbv3"
    wait_until(
        lambda: one.ask(f"/api/v1/analyses/{result['request_id']}")["state"] == "completed",
        within_s=30,
    )
    return str(result["request_id"])


def check_the_operators_commands(one: Embedded) -> None:
    """Against the servers of the instance, as against any others."""
    known = one.connection()
    servers = {
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": known["kafka_bootstrap_servers"],
        "ANALYZER_POSTGRES__DSN": known["postgres_dsn"],
    }
    assert "all topics are as the catalog" in command("topics", "verify", **servers)
    assert "all topics are there" in command("topics", "create", **servers)
    assert "the schema is at" in command("migrate", **servers)
    key = command("keys", "create", "--tenant", "other", "--name", "test", **servers).strip()
    picture = str(SAMPLES / "chelsea.jpg")
    by_the_file = command("submit", picture, "--data", str(one.data), "-o", "max_objects=1")
    assert by_the_file.splitlines()[1].split()[0] == "cat"
    by_hand = command("submit", picture, "--url", known["base_url"], "--key", key, "--json")
    assert names(json.loads(by_hand)) >= {"cat"}


def check_a_first_user(one: Embedded, folder: Path) -> None:
    """Made by whoever has the database; logs in, for the API has a key of its own to sign with."""
    assert (one.data / "signing_key.pem").stat().st_mode & 0o777 == 0o600
    password = folder / "password"
    password.write_text("a password of the first user")
    dsn = {"ANALYZER_POSTGRES__DSN": one.connection()["postgres_dsn"]}
    given = ("--role", "admin", "--password-file", str(password))
    command("users", "create", "ada@demo", *given, **dsn)
    login = {"username": "ada@demo", "password": password.read_text()}
    body, kind = json.dumps(login).encode(), {"Content-Type": "application/json"}
    token = one.ask("/api/v1/auth/token", body, kind)["access_token"]
    me = one.ask("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert (me["tenant_id"], me["role"]) == ("demo", "admin")


def command(*arguments: str, **variables: str) -> str:
    """What a command prints that ends well."""
    ended = subprocess.run(
        (sys.executable, "-m", "cli.main", *arguments),
        cwd=ROOT, env={**environment(), **variables}, capture_output=True, text=True,
        timeout=90, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def check_that_a_second_one_is_refused(one: Embedded) -> None:
    refused = subprocess.run(
        up_command(one.data, one.port),
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert f"already runs on {one.data} (process {one.process.pid})" in refused.stderr
    assert "Traceback" not in refused.stderr


def check_that_a_killed_detector_comes_back(one: Embedded) -> None:
    before = one.pid_of("detect")
    os.kill(before, signal.SIGKILL)

    def is_back() -> bool:
        with suppress(ValueError):
            return one.pid_of("detect") != before
        return False

    one.wait_until(is_back, 30)
    assert names(one.upload(SAMPLES / "chelsea.jpg")) >= {"cat"}
