"""Which rows belong to which operation: by the picture's hash, or by its address."""

from collections import defaultdict
from collections.abc import Iterable

from tests.faults.evidence import Row
from tests.faults.ledger import Operation


def number_of_row(row: Row, by_sha256: dict[str, int]) -> int | None:
    """The operation that a row is for; None for one that nobody of us sent."""
    if row.sha256:
        return by_sha256.get(row.sha256)
    name = row.image_url.rpartition("/")[2].removesuffix(".png")
    return int(name) if name.isdigit() else None


def rows_by_operation(
    operations: Iterable[Operation], rows: Iterable[Row]
) -> dict[int | None, list[Row]]:
    """The rows of each operation, under None those that belong to none."""
    known = {(one.first.tenant, one.first.op_id) for one in operations}
    by_sha256 = {one.first.sha256: one.first.op_id for one in operations}
    found: dict[int | None, list[Row]] = defaultdict(list)
    for row in rows:
        number = number_of_row(row, by_sha256)
        is_known = number is not None and (row.tenant, number) in known
        found[number if is_known else None].append(row)
    return found
