"""Fresh databases beside the one that a DSN names."""

import secrets
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


def create_database(dsn: str, *, template: str = "template1") -> str:
    """A new database copied from `template` (which nobody may be connected to); returns its DSN."""
    name = f"test_{secrets.token_hex(8)}"
    _run(dsn, sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, template)
    return in_database(dsn, name)


def drop_database(dsn: str, created_dsn: str) -> None:
    """Drop what `create_database` made, connections to it included."""
    name = urlsplit(created_dsn).path.removeprefix("/")
    _run(dsn, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)


def in_database(dsn: str, name: str) -> str:
    """The same server and user, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


def _run(dsn: str, statement: sql.SQL, *names: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement.format(*map(sql.Identifier, names)))
