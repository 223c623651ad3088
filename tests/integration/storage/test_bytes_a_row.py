"""What an analysis takes in Postgres, indexes included; the simulator's figures are these."""

import json
from pathlib import Path

import psycopg
import pytest

from cli.sizing import measured

pytestmark = pytest.mark.postgres

ROWS = 3000
EXAMPLE = Path("schemas/examples/image-analyzed/valid.json")
_FILL = """
INSERT INTO analyses (tenant_id, request_id, kind, lane, state, accepted_at, deadline_at,
    object_key, sha256, size_bytes, content_type, options, traceparent)
SELECT 'acme', gen_random_uuid(), 'upload', 'interactive', 'accepted', now(), now(),
    'acme/' || gen_random_uuid(), repeat('a', 64), 300000, 'image/jpeg', '{}', repeat('0', 55)
FROM generate_series(1, %s)
"""


def bytes_a_row(dsn: str, objects: int) -> float:
    """Accepted, then completed, as the product does; not vacuumed: the first version counts."""
    result = json.loads(EXAMPLE.read_text())["body"]["result"]
    result["detected_objects"] = result["detected_objects"][:1] * objects
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("TRUNCATE analyses CASCADE")
        connection.execute(_FILL, [ROWS])
        connection.execute(
            "UPDATE analyses SET state = 'completed', finished_at = now(), result = %s",
            [json.dumps(result)],
        )
        size = connection.execute("SELECT pg_total_relation_size('analyses')").fetchone()
    assert size is not None
    return float(size[0]) / ROWS


@pytest.mark.parametrize("objects", [1, 5])
def test_the_simulator_says_what_the_schema_takes(objects: int, postgres_database: str) -> None:
    taken = bytes_a_row(postgres_database, objects)
    said = measured.ROW_BYTES + objects * measured.ROW_BYTES_PER_OBJECT
    assert said == pytest.approx(taken, rel=0.1)
