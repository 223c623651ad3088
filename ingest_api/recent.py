"""Bounded memories of the tail: what it saw lately, and which facts it saw already."""

from collections import OrderedDict

from topics.catalog import IMAGE_ANALYZED
from topics.records import Record


class RecentOutcomes:
    """The last outcome records by key, undecoded. A result is not replaced by a failure.

    Bounded by number and by bytes: behind a long outage of the recorder, older ones are forgotten
    here and found in Postgres once they are recorded.
    """

    def __init__(self, *, max_records: int = 2000, max_bytes: int = 16_000_000) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._bytes = 0
        self._records: OrderedDict[bytes, Record] = OrderedDict()

    def keep(self, record: Record) -> None:
        if record.key is None:
            return
        known = self._records.pop(record.key, None)
        self._bytes -= _size(known)
        is_kept = known is not None and known.topic == IMAGE_ANALYZED.name
        kept = known if is_kept and known is not None else record
        self._records[record.key] = kept
        self._bytes += _size(kept)
        while len(self._records) > self._max_records or self._bytes > self._max_bytes:
            self._bytes -= _size(self._records.popitem(last=False)[1])

    def find(self, key: str) -> Record | None:
        return self._records.get(key.encode())


class Once:
    """Whether an id is seen for the first time, among the last `size` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ids: dict[str, None] = {}

    def is_new(self, event_id: str) -> bool:
        if event_id in self._ids:
            return False
        self._ids[event_id] = None
        if len(self._ids) > self._size:
            del self._ids[next(iter(self._ids))]
        return True


def _size(record: Record | None) -> int:
    return 0 if record is None else len(record.value or b"") + 1000
