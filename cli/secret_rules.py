"""Secrets that protect nothing: defaults, placeholders, short ones, and none at all.

The embedded mode needs no exception: its secrets are made at random, and its servers are reached
from this machine only.
"""

import ipaddress
import itertools
import re
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, parse_qs, urlsplit

SHORTEST_PASSWORD = 12
_MAKE_ONE = "make one with: openssl rand -hex 32"

_KNOWN = frozenset({
    "accesskey", "admin", "administrator", "analyzer", "aws", "default", "foobared", "guest",
    "kafka", "letmein", "minio", "minioroot", "postgres", "postgresql", "qwerty", "redis", "root",
    "s3", "secret", "secretkey", "test", "tests", "user",
})  # fmt: skip
_PLACEHOLDERS = (
    "changeit", "changeme", "changethis", "correcthorse", "defaultkey", "defaultsecret", "example",
    "insecure", "minioadmin", "notasecret", "passw0rd", "password", "placeholder", "replaceme",
    "supersecret", "topsecret", "yourkey", "yoursecret",
)  # fmt: skip


def weak_secrets(secrets: Mapping[str, str]) -> list[str]:
    """One line for each secret, by the name of its variable, that a stranger would guess. No line
    holds any of it."""
    judged = {name: _RULES.get(name, _password)(text) for name, text in sorted(secrets.items())}
    return [f"{name}: {fault}" for name, fault in judged.items() if fault is not None]


def is_local(host: str) -> bool:
    """Whether nobody but this machine hears what is said to it."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _password(text: str) -> str | None:
    if len(text) < SHORTEST_PASSWORD:
        return f"is shorter than {SHORTEST_PASSWORD} characters; {_MAKE_ONE}"
    return _guessable(text)


def _guessable(text: str) -> str | None:
    letters = re.sub(r"[\W_]", "", text.lower())
    if letters.strip("0123456789") in _KNOWN or any(word in letters for word in _PLACEHOLDERS):
        return f"is a default or a placeholder that everybody knows; {_MAKE_ONE}"
    if _repeats(text) or _counts(text):
        return f"repeats a few characters, or counts; {_MAKE_ONE}"
    return None


def _repeats(text: str) -> bool:
    pieces = (text[:size] for size in range(1, len(text) // 2 + 1))
    again = any((piece * len(text)).startswith(text) for piece in pieces)
    return again or len(set(text)) < min(8, len(text) // 4)


def _counts(text: str) -> bool:
    steps = [ord(after) - ord(before) for before, after in itertools.pairwise(text)]
    return sum(step == 1 for step in steps) > 0.7 * len(steps)


def _dsn(text: str) -> str | None:
    from storage.dsn import read_dsn  # noqa: PLC0415 - the driver, for whom a DSN is set

    try:
        dsn = read_dsn(text)
    except ValueError as error:
        return f"is {error}; percent-encode what is special in its password"
    if all(map(is_local, dsn.hosts)) or dsn.has_other_login:
        return None
    if dsn.password is None:
        return (
            "goes to another machine without a password; put one in, or name a passfile, a service "
            "or a client certificate (sslcert, sslkey)"
        )
    return _of_its_password(dsn.password)


def _redis_url(text: str) -> str | None:
    try:
        url = urlsplit(text)
        known = url.scheme in {"redis", "rediss", "unix"} and url.port != 0
    except ValueError:  # it would quote a part of the password
        known = False
    if not known:
        return "is no redis://, rediss:// or unix:// URL; percent-encode what is special in it"
    if url.scheme == "unix" or is_local(url.hostname or "localhost"):
        return None
    password = _redis_password(url)
    if password:
        return _of_its_password(password)
    if "ssl_certfile" in parse_qs(url.query):
        return None
    return "goes to another machine without a password: redis://:<password>@<host>:6379"


def _redis_password(url: SplitResult) -> str:
    return url.password or parse_qs(url.query).get("password", [""])[0]


def _of_its_password(password: str) -> str | None:
    fault = _password(password)
    return None if fault is None else f"its password {fault}"


def _key(text: str) -> str | None:
    """Whoever signs with it reads it at the start, and says what it must be."""
    del text
    return None


def _issued(text: str) -> str | None:
    """Whoever is spoken to with it has made it; the setting itself says what form it has."""
    del text
    return None


_RULES: Mapping[str, Callable[[str], str | None]] = {
    "ANALYZER_AUTH__PREVIOUS_KEY": _key,
    "ANALYZER_AUTH__SIGNING_KEY": _key,
    "ANALYZER_AZURE_MONITOR__CONNECTION_STRING": _issued,
    "ANALYZER_API__SECRET": _guessable,  # the setting itself says how long it must be
    "ANALYZER_BUCKET__ACCESS_KEY": _guessable,  # a name more than a secret, so it may be short
    "ANALYZER_POSTGRES__DSN": _dsn,
    "ANALYZER_REDIS__URL": _redis_url,
    "ANALYZER_TRACES__HEADERS": _issued,
    "ANALYZER_WEBHOOKS__MASTER_SECRET": _guessable,  # as that of the API
}
