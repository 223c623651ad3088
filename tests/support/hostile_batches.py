"""Record batches built by hand, as only a producer that means harm builds them.

The layout: Apache Kafka's message format of magic 2. Checksums are right, as brokers see to that.
"""

import gzip
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cramjam
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.util import calc_crc32c

GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
_COMPRESS: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    GZIP: lambda data: gzip.compress(data, 9),
    SNAPPY: lambda data: bytes(cramjam.snappy.compress_raw(data)),
    LZ4: lambda data: bytes(cramjam.lz4.compress(data)),
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
            payload = _COMPRESS[self.codec](b"".join(self.records))
        checked = (
            struct.pack(">hiqqqhii", self.attributes | self.codec, last, self.first_timestamp,
                        newest, -1, -1, -1, count)
            + payload
        )  # fmt: skip
        rest = struct.pack(">ibI", -1, self.magic, calc_crc32c(checked)) + checked
        return struct.pack(">qi", base_offset, len(rest)) + rest


def batch_of(records: Iterable[bytes], **head: int) -> Batch:
    return Batch(tuple(records), **head)  # type: ignore[arg-type]  # all its numbers are int


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
