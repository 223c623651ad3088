"""Secrets that protect nothing are refused by name, and what is good is let through."""

import secrets

import pytest

from cli.environment import secret_variables
from cli.secret_rules import is_local, weak_secrets
from cli.settings import Settings

GOOD = "9f3b1c77d20e4a6588c1e2b7"


def fault(variable: str, text: str) -> str:
    (line,) = weak_secrets({f"ANALYZER_{variable}": text})
    assert line.startswith(f"ANALYZER_{variable}: ")
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    "text",
    [
        "a" * 32,
        "ab" * 20,
        "0123456789abcdef" * 2,
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "change-me-change-me-change-me-now",
        "please_change_this_before_production",
        "YOUR-SECRET-KEY-GOES-HERE-32-CHARS",
        "example-secret-of-the-documentation",
    ],
)
def test_a_sealing_secret_that_anybody_would_guess(text: str) -> None:
    assert len(text) >= 32
    assert text not in fault("API__SECRET", text)


@pytest.mark.parametrize("text", ["minioadmin", "MinioAdmin", "admin", "AKIAIOSFODNN7EXAMPLE"])
def test_keys_that_servers_are_delivered_with(text: str) -> None:
    assert "default" in fault("BUCKET__ACCESS_KEY", text)


@pytest.mark.parametrize("text", ["minioadmin123", "hunter2", "password12345", "111111111111"])
@pytest.mark.parametrize("variable", ["BUCKET__SECRET_KEY", "KAFKA__PASSWORD", "NEW__SECRET"])
def test_a_password_that_is_none_whatever_it_opens(variable: str, text: str) -> None:
    assert text not in fault(variable, text)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://analyzer@db.internal/analyzer",
        "postgresql://analyzer:@db.internal/analyzer",
        "host=10.0.0.7 user=analyzer",
        "hostaddr=10.0.0.7 user=analyzer",
        "postgresql://analyzer@localhost,db.internal/analyzer",
        "postgresql://analyzer@/analyzer?host=db.internal",
    ],
)
def test_a_database_elsewhere_without_a_password(dsn: str) -> None:
    assert "without a password" in fault("POSTGRES__DSN", dsn)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://analyzer@localhost/analyzer",
        "postgresql://analyzer@127.0.0.1:5433/analyzer",
        "postgresql://analyzer@[::1]/analyzer",
        "postgresql://postgres:postgres@localhost/analyzer",
        "postgresql://postgres@/postgres?host=%2Fvar%2Frun%2Fpostgresql",
        "dbname=analyzer",
        "postgresql://analyzer@db.internal/analyzer?passfile=/run/secrets/pgpass",
        "postgresql://analyzer@db.internal/analyzer?sslcert=/c&sslkey=/k",
        "service=analyzer",
        f"postgresql://analyzer:{GOOD}@db.internal/analyzer",
        f"postgresql://db.internal/analyzer?user=analyzer&password={GOOD}",
        f"host=db.internal user=analyzer password={GOOD}",
    ],
)
def test_a_database_that_logs_in_or_is_on_this_machine(dsn: str) -> None:
    assert weak_secrets({"ANALYZER_POSTGRES__DSN": dsn}) == []


@pytest.mark.parametrize("password", ["hunter2", "postgres", "changeme-changeme"])
def test_a_database_elsewhere_with_a_password_that_is_none(password: str) -> None:
    line = fault("POSTGRES__DSN", f"postgresql://analyzer:{password}@db.internal/analyzer")
    assert line.startswith("ANALYZER_POSTGRES__DSN: its password is ")
    assert password not in line


@pytest.mark.parametrize(
    "dsn", ["postgresql://u:canary%zz@db/x", "canary", "mysql://u:canary@db/x", "host='canary"]
)
def test_a_dsn_that_cannot_be_read_is_not_quoted(dsn: str) -> None:
    line = fault("POSTGRES__DSN", dsn)
    assert "neither a postgresql:// URL" in line
    assert "canary" not in line


@pytest.mark.parametrize(
    "url", ["redis://cache.internal:6379/0", "rediss://user@cache.internal", "redis://10.0.0.9"]
)
def test_a_redis_elsewhere_without_a_password(url: str) -> None:
    assert "without a password" in fault("REDIS__URL", url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:6379/0",
        "redis://localhost",
        "redis://:foobared@localhost",
        "unix:///run/redis.sock",
        f"rediss://:{GOOD}@cache.internal:6380/0",
        f"redis://cache.internal/0?password={GOOD}",
        "rediss://cache.internal/0?ssl_certfile=/c&ssl_keyfile=/k",
    ],
)
def test_a_redis_that_logs_in_or_is_on_this_machine(url: str) -> None:
    assert weak_secrets({"ANALYZER_REDIS__URL": url}) == []


@pytest.mark.parametrize("url", ["redis://:canary/1@cache:6379", "http://canary", "canary:6379"])
def test_a_redis_url_that_cannot_be_read_is_not_quoted(url: str) -> None:
    assert "canary" not in fault("REDIS__URL", url)


def test_a_password_of_redis_is_judged_too() -> None:
    assert "its password is shorter" in fault("REDIS__URL", "redis://:foobared@cache.internal")


def test_what_is_made_at_random_is_good_everywhere() -> None:
    for _ in range(200):
        made = secrets.token_hex(16)
        addresses = {
            "ANALYZER_POSTGRES__DSN": f"postgresql://analyzer:{made}@db.internal/analyzer",
            "ANALYZER_REDIS__URL": f"redis://:{made}@cache.internal:6379/0",
        }
        secret = secret_variables(Settings)
        assert set(addresses) <= secret
        assert weak_secrets(dict.fromkeys(secret, made) | addresses) == []


@pytest.mark.parametrize(
    ("host", "local"),
    [("localhost", True), ("::1", True), ("127.9.9.9", True), ("a.localhost", True),
     ("0.0.0.0", False), ("10.0.0.1", False), ("localhost.evil.test", False), ("db", False)],  # noqa: S104 - looked at, not bound
)  # fmt: skip
def test_which_hosts_are_this_machine(host: str, *, local: bool) -> None:
    assert is_local(host) is local
