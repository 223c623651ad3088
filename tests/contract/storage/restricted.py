"""Database users that do not own the tables: what they see is what row security lets them see."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql


@contextmanager
def restricted(owner_dsn: str, group: str) -> Iterator[str]:
    """The DSN of a fresh user in `analyzer_api` or `analyzer_worker`, for the same database."""
    name, password = f"test_{secrets.token_hex(8)}", secrets.token_hex(16)
    create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
        sql.Identifier(name), sql.Literal(password), sql.Identifier(group)
    )
    _run(owner_dsn, create)
    try:
        yield _as_user(owner_dsn, name, password)
    finally:
        _run(owner_dsn, sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def _as_user(dsn: str, name: str, password: str) -> str:
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(name)}:{quote(password)}@{place}"))


def _run(dsn: str, statement: sql.Composed) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)
