"""What the broker answers to a fetch, as records: whatever a stranger has written, every batch is
passed, and everything it holds is either a record or stands as one that cannot be read.

The client's own parser stops for ever at the first record it cannot read, believes offsets that a
producer has made up, and unpacks whatever a batch unpacks to.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch

from topics.catalog import DEAD_LETTER_BYTES
from topics.records import Record
from topics.sealed import LargeValue, UnreadableBatch
from topics.unpacking import UnpackingError, unpack
from topics.wire_records import (
    MOST_HEADERS,
    BatchHead,
    MalformedBatchError,
    WireRecord,
    read_records,
)

MOST_UNPACKED_BYTES = 32_000_000
"""Of one batch; ten times what an honest producer packs into the largest batch the broker takes."""
MOST_RECORDS = 50_000
_LARGE_VALUE_BYTES = DEAD_LETTER_BYTES + 100_000
_MOST_FRAME_BYTES = 1_200_000  # of key and headers, which a dead letter cannot do without
_FAST_BYTES = 2_000_000  # the fast parser needs up to thirty times as much as it is given

_PLACE = struct.Struct(">qi")
_HEAD = struct.Struct(">qiibIhiqqqhii")
_ATTRIBUTES_AT = 21
_MAGIC_AT = 16
_MAGIC = 2
_CODEC, _APPEND_TIME, _CONTROL = 0x07, 0x08, 0x20


class FetchedBatches:
    """In place of the client's `MemoryRecords`. Ends early, and lets the client fetch the rest
    again, when its batches unpack to more than one batch may."""

    def __init__(self, fetched: bytes) -> None:
        self._fetched = fetched
        self._at = 0
        self._unpacked_bytes = 0
        self._records = 0

    def size_in_bytes(self) -> int:
        return len(self._fetched)

    def has_next(self) -> bool:
        if self._unpacked_bytes >= MOST_UNPACKED_BYTES or self._records >= MOST_RECORDS:
            return False
        return self._end() is not None

    def next_batch(self) -> "Batch":
        end = self._end()
        if end is None:
            raise CorruptRecordException("there is no batch left")
        batch = Batch(self._fetched[self._at : end], self._count)
        self._at = end
        return batch

    def _count(self, unpacked_bytes: int, records: int) -> None:
        self._unpacked_bytes += unpacked_bytes
        self._records += records

    def _end(self) -> int | None:
        """Of the batch that begins here; None when it is not all there, as the last often is."""
        if len(self._fetched) - self._at < _PLACE.size:
            return None
        _, size = _PLACE.unpack_from(self._fetched, self._at)
        end = self._at + _PLACE.size + int(size)
        return end if self._at + _MAGIC_AT < end <= len(self._fetched) else None


class Batch:
    """In place of the client's `DefaultRecordBatch`, with as much of it as the client uses."""

    def __init__(self, raw: bytes, count: Callable[[int, int], None]) -> None:
        self._raw = raw
        self._count = count
        self._attributes = 0
        self._is_known = raw[_MAGIC_AT] == _MAGIC and len(raw) >= _HEAD.size
        if self._is_known:
            base, _, _, _, _, self._attributes, last, first_ms, max_ms, _, _, _, records = (
                _HEAD.unpack_from(raw)
            )
            append_time = bool(self._attributes & _APPEND_TIME)
            self.head = BatchHead(base, base + max(last, 0), first_ms, max_ms, append_time, records)
        else:
            base, _ = _PLACE.unpack_from(raw)
            self.head = BatchHead(base, base, 0, 0, has_append_time=False, count=1)

    @property
    def is_control_batch(self) -> bool:
        """Written by the broker alone; holds no records of anybody's."""
        return bool(self._attributes & _CONTROL)

    @property
    def next_offset(self) -> int:
        return self.head.last_offset + 1

    def validate_crc(self) -> bool:
        """False for what was damaged on its way from the broker: it is fetched again. A producer's
        damage is none of this: the broker has checked the sum before."""
        return not self._is_known or bool(DefaultRecordBatch(self._raw).validate_crc())

    def __iter__(self) -> Iterator[WireRecord]:
        """Every record, and one with an UnreadableBatch, at the last offset, for all from the first
        that is none: a consumer that is done with it is done with the batch."""
        done = self.head.base_offset - 1
        try:
            for record in self._records():
                if record.offset > done:
                    done = record.offset
                    yield record
        except (MalformedBatchError, UnpackingError) as error:
            if done < self.head.last_offset:
                yield self._unreadable(done + 1, str(error))

    def _records(self) -> Iterator[WireRecord]:
        """Those before a fault may come twice."""
        plain = self.plain()
        self._count(len(plain), self.head.count)
        if len(plain) <= _FAST_BYTES:
            try:
                yield from self._checked(self._read_fast(plain))
            except Exception:  # noqa: BLE001, S110 - it has no certain set of them; read again below
                pass
            else:
                return
        yield from self._checked(read_records(plain, self.head))

    def plain(self) -> bytes:
        """The records, unpacked. Raises MalformedBatchError, UnpackingError."""
        if not self._is_known:
            raise MalformedBatchError(f"message format of magic {self._raw[_MAGIC_AT]}")
        if self.head.count > MOST_RECORDS:
            raise MalformedBatchError(f"{self.head.count} records, at most {MOST_RECORDS} are read")
        packed = self._raw[_HEAD.size :]
        return unpack(self._attributes & _CODEC, packed, most=MOST_UNPACKED_BYTES)

    def _read_fast(self, plain: bytes) -> Iterable[WireRecord]:
        """By the client's parser, to which the batch is shown as if it had never been packed."""
        attributes = struct.pack(">h", self._attributes & ~_CODEC)
        head = self._raw[:_ATTRIBUTES_AT] + attributes
        shown = head + self._raw[len(head) : _HEAD.size] + plain
        records: Iterable[WireRecord] = DefaultRecordBatch(shown)
        return records

    def _checked(self, records: Iterable[WireRecord]) -> Iterator[WireRecord]:
        """An offset that is out of order would be committed, and others skipped for it. Only a
        compacted topic leaves some out."""
        at = self.head
        lowest, is_whole = at.base_offset, at.count == at.last_offset - at.base_offset + 1
        for record in records:
            highest = lowest if is_whole else at.last_offset
            if not lowest <= record.offset <= highest:
                raise MalformedBatchError(
                    f"the record at {lowest} says that it is at {record.offset}"
                )
            lowest = record.offset + 1
            if len(record.headers) > MOST_HEADERS or _frame_bytes(record) > _MOST_FRAME_BYTES:
                raise MalformedBatchError(f"key and headers at {record.offset} are too large")
            value = record.value
            if value is not None and len(value) > _LARGE_VALUE_BYTES:
                packed = LargeValue.of(self._raw, size_bytes=len(value))
                yield replace(record, value=packed)
            else:
                yield record

    def _unreadable(self, first_offset: int, why: str) -> WireRecord:
        sealed = UnreadableBatch.of(self._raw, first_offset=first_offset, detail=why[:300])
        at = self.head
        return WireRecord(at.last_offset, at.max_timestamp, 0, None, sealed, ())


def unpacked(record: Record) -> Record:
    """A record with a LargeValue, its value being what the producer wrote: many megabytes, at most
    `MOST_UNPACKED_BYTES`. Any other record as it is."""
    if not isinstance(record.value, LargeValue):
        return record
    batch = Batch(bytes(record.value), lambda unpacked_bytes, records: None)
    [value] = [
        found.value
        for found in read_records(batch.plain(), batch.head)
        if found.offset == record.offset
    ]
    return replace(record, value=value)


def _frame_bytes(record: WireRecord) -> int:
    """What key and headers may come to: a character of a name is up to four bytes."""
    headers = sum(4 * len(name) + len(value or b"") for name, value in record.headers)
    return len(record.key or b"") + headers
