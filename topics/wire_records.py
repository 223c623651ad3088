"""The records of a batch, read with suspicion: for batches on which the fast parser fails, or that
are too large to let it try. Format: Apache Kafka's `DefaultRecord`, magic 2."""

from collections.abc import Iterator
from dataclasses import dataclass

from aiokafka.record.util import decode_varint

from topics.records import Headers
from topics.sealed import NOT_UTF8

MOST_HEADERS = 1000


class MalformedBatchError(Exception):
    """The broker has taken it, and no consumer can make records of it."""


@dataclass(frozen=True, slots=True)
class WireRecord:
    """As aiokafka's own records look to the rest of aiokafka."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    checksum: None = None


@dataclass(frozen=True, slots=True)
class BatchHead:
    base_offset: int
    last_offset: int
    first_timestamp: int
    max_timestamp: int
    has_append_time: bool
    count: int


def read_records(plain: bytes, head: BatchHead) -> Iterator[WireRecord]:
    """Header names that are not UTF-8 begin with NOT_UTF8.

    Raises MalformedBatchError at the first record that is none."""
    reader = _Reader(bytearray(plain))
    for _ in range(head.count):
        try:
            yield _read_record(reader, head)
        except (ValueError, IndexError) as error:
            raise MalformedBatchError(f"byte {reader.at}: {error}") from error
    if reader.at != len(plain):
        raise MalformedBatchError(f"{len(plain) - reader.at} bytes behind the last record")


def header_name(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return NOT_UTF8 + raw.decode(errors="backslashreplace")


class _Reader:
    def __init__(self, data: bytearray) -> None:
        self._data = data
        self.at = 0

    def number(self) -> int:
        number: int
        number, self.at = decode_varint(self._data, self.at)
        return number

    def byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def sized(self) -> bytes | None:
        """A negative length is null, whichever: the broker takes all of them."""
        size = self.number()
        return None if size < 0 else self._take(size)

    def _take(self, size: int) -> bytes:
        if size > len(self._data) - self.at:
            raise ValueError(f"{size} bytes are claimed, {len(self._data) - self.at} are left")
        self.at += size
        return bytes(memoryview(self._data)[self.at - size : self.at])


def _read_record(reader: _Reader, head: BatchHead) -> WireRecord:
    size = reader.number()
    end = reader.at + size
    reader.byte()  # attributes: unused, and one byte; the fast parser takes them for a varint
    timestamp = head.first_timestamp + reader.number()
    offset = head.base_offset + reader.number()
    key, value = reader.sized(), reader.sized()
    headers = tuple(_read_headers(reader))
    if reader.at != end:
        raise ValueError(f"a record of {size} bytes ends {reader.at - end} bytes off")
    return WireRecord(
        offset, head.max_timestamp if head.has_append_time else timestamp,
        int(head.has_append_time), key, value, headers,
    )  # fmt: skip


def _read_headers(reader: _Reader) -> Iterator[tuple[str, bytes | None]]:
    count = reader.number()
    if not 0 <= count <= MOST_HEADERS:
        raise ValueError(f"{count} headers, at most {MOST_HEADERS} are read")
    for _ in range(count):
        name = reader.sized()
        if name is None:
            raise ValueError("a header without a name")
        yield header_name(name), reader.sized()
