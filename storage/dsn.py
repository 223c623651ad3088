"""Where a DSN leads and how it logs in, read as libpq reads it."""

from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import conninfo_to_dict

_LOGINS_WITHOUT_PASSWORD = ("passfile", "service", "sslkey")


@dataclass(frozen=True, slots=True)
class Dsn:
    """`hosts` are names and addresses of TCP: empty when all go by a socket of this machine.
    `has_other_login` when it names a password file, a service or a client certificate."""

    hosts: tuple[str, ...]
    password: str | None = field(repr=False)
    has_other_login: bool


def read_dsn(text: str) -> Dsn:
    """Raises ValueError, which does not quote what it could not read: it may be a password."""
    try:
        said = conninfo_to_dict(text)
    except (psycopg.Error, ValueError):
        raise ValueError("neither a postgresql:// URL nor libpq's name=value form") from None
    named = [str(said[name]) for name in ("host", "hostaddr") if said.get(name)]
    hosts = [host for one in named for host in one.split(",")]
    return Dsn(
        hosts=tuple(host for host in hosts if host and not host.startswith(("/", "@"))),
        password=str(said["password"]) if said.get("password") else None,
        has_other_login=any(said.get(name) for name in _LOGINS_WITHOUT_PASSWORD),
    )
