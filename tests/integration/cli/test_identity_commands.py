"""`keys` and `users` as processes, on a real database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.storage.migrated import postgres_template

__all__ = ["postgres_template"]

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "correct horse battery staple"


def run(dsn: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ANALYZER_")}
    return subprocess.run(
        (sys.executable, "-m", "cli.main", *arguments),
        cwd=ROOT,
        env={**kept, "ANALYZER_POSTGRES__DSN": dsn},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def said(dsn: str, *arguments: str, given: str = "") -> str:
    done = run(dsn, *arguments, given=given)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_keys_are_made_listed_and_revoked(postgres_database: str) -> None:
    create = ("keys", "create", "--tenant", "acme", "--name", "shop")
    narrow = ("--role", "viewer", "--scope", "read", "--expires", "2999-01-31")
    key = said(postgres_database, *create, *narrow, "--network", "10.0.0.0/8")
    said(postgres_database, *create)
    head, second, first = said(postgres_database, "keys", "list", "--tenant", "acme").splitlines()
    assert head.split("\t")[0] == "key"
    columns = first.split("\t")
    assert columns[1:] == [key[:8], "viewer", "read", "expires 2999-01-31", "never", "shop"]
    assert second.split("\t")[2:5] == ["analyst", "all", "valid"]
    assert key not in first
    for _ in range(2):
        said(postgres_database, "keys", "revoke", columns[0], "--tenant", "acme")
    assert "\trevoked\t" in said(postgres_database, "keys", "list", "--tenant", "acme")
    done = run(postgres_database, "keys", "revoke", columns[0], "--tenant", "globex")
    assert (done.returncode, "globex has no key" in done.stderr) == (1, True)


def test_people_are_made_and_changed(postgres_database: str) -> None:
    create = ("users", "create", "alice@acme", "--role", "admin", "--password-file", "-")
    user_id = said(postgres_database, *create, given=PASSWORD + "\n")
    done = run(postgres_database, *create, given=PASSWORD)
    assert (done.returncode, "alice@acme is there already" in done.stderr) == (1, True)
    listed = said(postgres_database, "users", "list", "--tenant", "acme").splitlines()
    assert listed[1].split("\t") == ["alice@acme", "admin", "enabled", user_id]
    done = run(postgres_database, "users", "disable", "alice@acme")
    assert (done.returncode, "last administrator" in done.stderr) == (1, True)
    done = run(postgres_database, "users", "role", "bob@acme", "viewer")
    assert (done.returncode, "there is no bob@acme" in done.stderr) == (1, True)
    password = ("users", "password", "alice@acme", "--password-file", "-")
    said(postgres_database, *password, given="another long password")
    second = ("users", "create", "bob@acme", "--role", "admin", "--password-file", "-")
    said(postgres_database, *second, given=PASSWORD)
    said(postgres_database, "users", "role", "alice@acme", "viewer")
    said(postgres_database, "users", "disable", "alice@acme")
    listed = said(postgres_database, "users", "list", "--tenant", "acme").splitlines()
    assert listed[1].split("\t")[1:3] == ["viewer", "disabled"]
    said(postgres_database, "users", "disable", "--undo", "alice@acme")


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (("users", "create", "alice"), PASSWORD, "alice: is no NAME@TENANT"),
        (("users", "create", "a@No"), PASSWORD, "--tenant No: must be"),
        (("users", "create", "A@acme"), PASSWORD, "username: "),
        (("users", "create", "a@acme"), "short", "password: "),
        (("users", "create", "a@acme", "--role", "god"), PASSWORD, "no role is called 'god'"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: tuple[str, ...], given: str, said: str) -> None:
    done = run("postgresql://x", *arguments, "--password-file", "-", given=given)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr
    assert given not in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--role", "god", "--role god: "), ("--scope", "all", "--scope"),
        ("--expires", "tomorrow", "--expires tomorrow: not a moment"),
        ("--expires", "2020-01-01", "--expires 2020-01-01: is past"),
        ("--network", "10.0.0.1/8", "--network"),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_is_refused(option: str, value: str, said: str) -> None:
    done = run("postgresql://x", "keys", "create", "--tenant", "a", "--name", "n", option, value)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
