"""The record and the bucket as they lie there: rows by SQL, objects by the server's own files."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.client import number_of_object
from tests.faults.evidence import Row

_ROWS = """
SELECT tenant_id, request_id::text, state, coalesce(sha256, ''), coalesce(image_url, ''),
       coalesce(object_key, ''), result, coalesce(failure_code, ''),
       concat_ws('|', state, finished_at, result::text, failure_code, failure_message)
FROM analyses WHERE tenant_id = ANY(%s) ORDER BY accepted_at, request_id
"""


def rows_of(dsn: str, tenants: Sequence[str]) -> tuple[Row, ...]:
    """All of those tenants. Raises psycopg.Error."""
    with psycopg.connect(dsn, connect_timeout=5) as connection:
        found = connection.execute(_ROWS, (list(tenants),)).fetchall()
    return tuple(
        Row(
            tenant=tenant, request_id=request_id, state=state, sha256=sha256, image_url=image_url,
            object_key=object_key, number=_number_in(result), failure_code=failure_code,
            digest=hashlib.sha256(visible.encode()).hexdigest(),
        )
        for tenant, request_id, state, sha256, image_url, object_key, result, failure_code, visible
        in found
    )  # fmt: skip


def objects_of(bucket: Path, tenants: Sequence[str]) -> frozenset[str]:
    """The keys of all objects below those tenants' prefixes; some may be deleted meanwhile."""
    return frozenset(
        str(Path(folder, name).relative_to(bucket))
        for tenant in tenants
        for folder, _, names in os.walk(bucket / tenant)  # which passes over what is gone
        for name in names
    )


def _number_in(result: dict[str, Any] | None) -> int | None:
    objects = (result or {}).get("detected_objects", [])
    return number_of_object(objects[0]) if len(objects) == 1 else None
