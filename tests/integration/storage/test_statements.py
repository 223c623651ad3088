"""Every statement that is shipped is one that the migrated schema understands."""

import re

import psycopg
import pytest

from storage.queries import Queries

pytestmark = pytest.mark.postgres

QUERIES = Queries.load()
REBUILD = Queries.load("rebuild.sql")
PARAMETER = re.compile(r"%\((\w+)\)s")


@pytest.mark.parametrize(
    ("queries", "name"),
    [(queries, name) for queries in (QUERIES, REBUILD) for name in queries],
)
def test_it_can_be_prepared(queries: Queries, name: str, postgres_database: str) -> None:
    places: dict[str, int] = {}
    statement = PARAMETER.sub(
        lambda found: f"${places.setdefault(found[1], len(places) + 1)}", queries[name].decode()
    )
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(f"PREPARE it AS {statement}".encode())


@pytest.mark.parametrize("name", ["count_unfinished", "find_unannounced"])
def test_the_index_of_what_is_unfinished_serves_it(name: str, postgres_database: str) -> None:
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute(
            b"EXPLAIN " + QUERIES[name], {"limit": 10, "before": "2026-01-01"}
        ).fetchall()
    assert "ix_analyses_unfinished" in str(plan)
