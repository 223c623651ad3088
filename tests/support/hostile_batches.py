"""Record batches built by hand, as only a producer that means harm builds them.

The layout: Apache Kafka's message format of magic 2. Checksums are right, as brokers see to that.
"""

import gzip
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cramjam
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.codec import lz4_encode
from aiokafka.errors import for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.util import calc_crc32c

GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
_COMPRESS: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    GZIP: lambda data: gzip.compress(data, 9),
    SNAPPY: lambda data: bytes(cramjam.snappy.compress_raw(data)),
    LZ4: lz4_encode,  # brokers do not take blocks that lean on each other
    ZSTD: lambda data: bytes(cramjam.zstd.compress(data)),
}


def varint(number: int) -> bytes:
    """Zigzag, as the protocol has it; of any size, also beyond 64 bits."""
    left = number * 2 if number >= 0 else -number * 2 - 1
    written = bytearray()
    while left > 0x7F:
        written.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes((*written, left))


def sized(data: bytes | None, *, claimed: int | None = None) -> bytes:
    """Bytes behind their length, or behind the one that is claimed."""
    length = claimed if claimed is not None else -1 if data is None else len(data)
    return varint(length) + (data or b"")


def record(
    value: bytes | None = b"{}",
    *,
    key: bytes | None = b"key",
    headers: Sequence[tuple[bytes, bytes | None]] = (),
    offset_delta: int = 0,
    timestamp_delta: int = 0,
    header_count: int | None = None,
    claimed_length: int | None = None,
    claimed_value_length: int | None = None,
) -> bytes:
    body = b"".join(
        (
            b"\0",
            varint(timestamp_delta),
            varint(offset_delta),
            sized(key),
            sized(value, claimed=claimed_value_length),
            varint(len(headers) if header_count is None else header_count),
            *(sized(name) + sized(text) for name, text in headers),
        )
    )
    return sized(body, claimed=claimed_length)


@dataclass(frozen=True, slots=True)
class Batch:
    """`payload` goes in as it is in place of the compressed records; `count` and the others are
    claimed in the head."""

    records: tuple[bytes, ...] = ()
    codec: int = 0
    payload: bytes | None = None
    count: int | None = None
    last_offset_delta: int | None = None
    attributes: int = 0
    magic: int = 2
    first_timestamp: int = 1_760_000_000_000
    max_timestamp: int | None = None

    def to_bytes(self, *, base_offset: int = 0) -> bytes:
        count = len(self.records) if self.count is None else self.count
        last = count - 1 if self.last_offset_delta is None else self.last_offset_delta
        newest = self.first_timestamp if self.max_timestamp is None else self.max_timestamp
        payload = self.payload
        if payload is None:
            payload = packed(self.codec, b"".join(self.records))
        checked = (
            struct.pack(">hiqqqhii", self.attributes | self.codec, last, self.first_timestamp,
                        newest, -1, -1, -1, count)
            + payload
        )  # fmt: skip
        rest = struct.pack(">ibI", -1, self.magic, calc_crc32c(checked)) + checked
        return struct.pack(">qi", base_offset, len(rest)) + rest


def packed(codec: int, data: bytes) -> bytes:
    return _COMPRESS[codec](data)


def xerial(*blocks: bytes) -> bytes:
    """Snappy as Java clients frame it."""
    framed = (struct.pack(">i", len(block)) + block for block in blocks)
    return b"\x82SNAPPY\0" + struct.pack(">ii", 1, 1) + b"".join(framed)


def batch_of(records: Iterable[bytes], **head: int) -> Batch:
    return Batch(tuple(records), **head)  # type: ignore[arg-type]  # all its numbers are int


@dataclass(frozen=True, slots=True)
class Hostile:
    """A batch that Kafka 4.3.1 takes. `reasons` are those of the dead letters that a topic's
    consumer owes for it, in the order of their offsets."""

    name: str
    batch: Batch
    reasons: tuple[str, ...] = ("batch_unreadable",)


_RECORD = ("headers_invalid",)
_ODD_NAME = record(headers=[(b"\xff\xfe", b"x")])
_ODD_ATTRIBUTES = sized(b"\xff\0\0" + sized(b"key") + sized(b"{}") + varint(0))


def hostile_batches() -> tuple[Hostile, ...]:
    """One of each kind."""
    return (
        *(
            Hostile(f"header_name_not_utf8_{codec}", batch_of([_ODD_NAME], codec=codec), _RECORD)
            for codec in range(5)
        ),
        Hostile("attributes_beyond_a_varint", batch_of([_ODD_ATTRIBUTES]), _RECORD),
        Hostile("negative_key_length", batch_of([_with_key_length(-2)]), _RECORD),
        Hostile("before_1970", batch_of([record()], first_timestamp=-1), _RECORD),
        Hostile("nothing_at_all", batch_of([record(None, key=None)]), _RECORD),
        Hostile("twenty_megabytes", batch_of([record(bytes(20_000_000))], codec=ZSTD), _RECORD),
        Hostile("offset_far_ahead", batch_of([record(offset_delta=1000)])),
        Hostile("offset_behind", batch_of([record(offset_delta=-5)])),
        Hostile(
            "offset_given_twice", batch_of([record(), record()]), (*_RECORD, "batch_unreadable")
        ),
        Hostile("offsets_reversed", batch_of([record(offset_delta=1), record()])),
        Hostile(
            "gzip_and_more", Batch(payload=packed(GZIP, record()) + b"more", codec=GZIP, count=1)
        ),
        Hostile(
            "snappy_cut_short",
            Batch(payload=xerial(packed(SNAPPY, record())) + b"\0", codec=SNAPPY, count=1),
        ),
        Hostile("a_gigabyte", Batch(payload=_gigabyte(), codec=ZSTD, count=1)),
        Hostile("hundred_thousand_headers", batch_of([record(headers=[(b"h", b"v")] * 100_000)])),
        Hostile("key_of_megabytes", batch_of([record(key=bytes(3_000_000))], codec=ZSTD)),
        Hostile(
            "hundred_thousand_records",
            batch_of([record(None, key=None, offset_delta=at) for at in range(100_000)]),
        ),
    )


def _gigabyte() -> bytes:
    """One record in frames of a megabyte each, some fifty kilobytes in all."""
    start = b"\0\0\0" + sized(b"key") + varint(10**9)
    start = varint(len(start) + 10**9 + 1) + start
    return packed(ZSTD, start) + 1000 * packed(ZSTD, bytes(10**6)) + packed(ZSTD, varint(0))


def _with_key_length(length: int) -> bytes:
    return sized(b"\0\0\0" + varint(length) + sized(b"{}") + varint(0))


async def produce(
    producer: AIOKafkaProducer, topic: str, written: bytes, *, partition: int = 0
) -> int:
    """The offset it was given. Raises the KafkaError with which the broker refuses it."""
    client = producer.client
    await client._wait_on_metadata(topic)
    leader = client.cluster.leader_for_partition(TopicPartition(topic, partition))
    request = ProduceRequest(None, -1, 10_000, [(topic, [(partition, written)])])
    answer = await client.send(leader, request)
    [(_, [(_, code, offset, *_)])] = answer.topics
    if code:
        raise for_code(code)(topic)
    return int(offset)
