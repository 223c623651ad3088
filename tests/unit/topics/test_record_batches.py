"""Whatever bytes a batch holds: it is passed, and all of it is records or stands as unreadable."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords

from tests.support.hostile_batches import (
    GZIP,
    LZ4,
    SNAPPY,
    ZSTD,
    Batch,
    Hostile,
    batch_of,
    hostile_batches,
    packed,
    record,
    sized,
    varint,
    xerial,
)
from topics.record_batches import MOST_UNPACKED_BYTES, FetchedBatches, unpacked
from topics.records import Record
from topics.sealed import NOT_UTF8, LargeValue, UnreadableBatch
from topics.wire_records import WireRecord

CODECS = (0, GZIP, SNAPPY, LZ4, ZSTD)
GOOD = batch_of(
    [
        record(b"one", headers=[(b"a", b"1"), (b"a", None), ("ü".encode(), b"")]),
        record(None, key=None, offset_delta=1, timestamp_delta=7),
        record(b"", key=b"", offset_delta=2),
    ]
)


def read(fetched: bytes) -> tuple[list[WireRecord], int]:
    """All records, and where the client would fetch next."""
    batches, found, position = FetchedBatches(fetched), list[WireRecord](), -1
    while batches.has_next():
        batch = batches.next_batch()
        assert batch.validate_crc()
        found.extend(batch)
        position = batch.next_offset
    return found, position


def by_the_client(fetched: bytes) -> list[tuple[object, ...]]:
    batches, found = MemoryRecords(fetched), []
    while batches.has_next():
        found.extend(batches.next_batch())
    return [fields(one) for one in found]


def fields(one: WireRecord) -> tuple[object, ...]:
    kind = one.timestamp_type
    return one.offset, one.timestamp, kind, one.key, one.value, tuple(one.headers), one.checksum


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("attributes", [0, 0x08], ids=["create_time", "append_time"])
def test_good_records_are_what_the_client_reads(codec: int, attributes: int) -> None:
    batch = replace(GOOD, codec=codec, attributes=attributes, max_timestamp=1_760_000_000_007)
    fetched = batch.to_bytes(base_offset=40) + batch.to_bytes(base_offset=43)
    found, position = read(fetched)
    assert [fields(one) for one in found] == by_the_client(fetched)
    assert [one.offset for one in found] == list(range(40, 46))
    assert position == 46


@pytest.mark.parametrize("codec", CODECS)
def test_the_careful_parser_reads_the_same(codec: int) -> None:
    """It is used for the whole batch when one name in it is not UTF-8."""
    odd = record(b"odd", headers=[(b"x\xff", b"1")], offset_delta=3)
    found, _ = read(replace(GOOD, records=(*GOOD.records, odd), codec=codec).to_bytes())
    assert [fields(one) for one in found[:3]] == by_the_client(GOOD.to_bytes())
    assert found[3].headers == ((NOT_UTF8 + r"x\xff", b"1"),)
    assert (found[3].offset, found[3].value) == (3, b"odd")


def test_a_gap_that_compaction_left_is_none() -> None:
    batch = batch_of([record(), record(offset_delta=4)], last_offset_delta=6)
    found, position = read(batch.to_bytes(base_offset=10))
    assert [one.offset for one in found] == [10, 14]
    assert position == 17


@pytest.mark.parametrize("hostile", hostile_batches(), ids=lambda hostile: hostile.name)
def test_what_a_broker_takes_is_passed_whatever_it_is(hostile: Hostile) -> None:
    written = hostile.batch.to_bytes(base_offset=100)
    count = hostile.batch.count or len(hostile.batch.records)
    found, position = read(written + GOOD.to_bytes(base_offset=100 + count))
    assert position == 103 + count
    *theirs, _, _, _ = found
    assert [one.value for one in found[-3:]] == [b"one", None, b""]
    sealed = [isinstance(one.value, UnreadableBatch) for one in theirs]
    assert sealed == [reason == "batch_unreadable" for reason in hostile.reasons]
    if sealed[-1]:
        check_seal(theirs, written, first=100, last=99 + count)


def check_seal(theirs: Sequence[WireRecord], written: bytes, *, first: int, last: int) -> None:
    sealed = theirs[-1].value
    assert isinstance(sealed, UnreadableBatch)
    assert bytes(sealed) == written
    assert sealed.first_offset == first + len(theirs) - 1
    assert theirs[-1].offset == last
    assert 0 < len(sealed.detail) <= 300


BROKEN = {
    "record_longer_than_it_says": batch_of([record(claimed_length=3)]),
    "record_shorter_than_it_says": batch_of([record(claimed_length=100)]),
    "negative_record_length": batch_of([record(claimed_length=-5)]),
    "value_beyond_the_end": batch_of([record(claimed_value_length=2**31 - 1)]),
    "header_count_beyond_the_end": batch_of([record(header_count=900)]),
    "negative_header_count": batch_of([record(header_count=-1)]),
    "nameless_header": batch_of(
        [sized(b"\0\0\0" + sized(b"k") + sized(b"v") + varint(1) + varint(-1) + sized(b"x"))]
    ),
    "number_of_seventy_bits": batch_of([varint(2**69) + b"abc"]),
    "fewer_records": batch_of([record()], count=5),
    "more_records": batch_of([record(), record(offset_delta=1)], count=1),
    "two_billion_records": batch_of([record()], count=2**31 - 1),
    "no_records": batch_of([], count=0, last_offset_delta=0),
    "negative_count": batch_of([record()], count=-1, last_offset_delta=0),
    "bytes_behind": Batch(payload=record() + b"garbage", count=1),
    "bytes_where_compaction_left_none": Batch(
        payload=record(offset_delta=9), count=0, last_offset_delta=9
    ),
    "codec_5": batch_of([record()], attributes=5),
    "codec_7": batch_of([record()], attributes=7),
    "magic_0": batch_of([record()], magic=0),
    "magic_1": batch_of([record()], magic=1),
    "magic_3": batch_of([record()], magic=3),
    "snappy_claims_four_gigabytes": Batch(payload=b"\xff\xff\xff\xff\x0f\0a", codec=2, count=1),
    "snappy_block_beyond_the_end": Batch(
        payload=xerial(packed(2, record())) + b"\x7f\xff\xff\xffab", codec=SNAPPY, count=1
    ),
    **{
        f"codec_{codec}_of_garbage": Batch(payload=b"\1\2garbage\xff" * 9, codec=codec, count=1)
        for codec in CODECS[1:]
    },
    **{
        f"codec_{codec}_cut": Batch(payload=packed(codec, bytes(9999))[:-9], codec=codec, count=1)
        for codec in CODECS[1:]
    },
}


READ_ALL_THE_SAME = {"more_records", "bytes_behind"}
"""All offsets of the batch have their records; what lies behind them is nobody's."""


@pytest.mark.parametrize("name", BROKEN)
def test_what_only_a_broken_broker_passes_on_stops_nobody_either(name: str) -> None:
    found, position = read(BROKEN[name].to_bytes(base_offset=5) + GOOD.to_bytes(base_offset=5000))
    assert position == 5003
    *theirs, _, _, _ = found
    assert [one.value for one in found[-3:]] == [b"one", None, b""]
    assert bool(theirs) != (name == "no_records")
    for one in theirs[-1:]:
        assert isinstance(one.value, UnreadableBatch) != (name in READ_ALL_THE_SAME)


@pytest.mark.parametrize("codec", CODECS)
def test_no_damage_gets_out_of_the_parser(codec: int) -> None:
    chance = random.Random(codec)  # noqa: S311 - repeatable, which is all it has to be
    whole = replace(GOOD, codec=codec).to_bytes()[61:]
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        batch = Batch(payload=bytes(damaged), codec=codec, count=3)
        found, position = read(batch.to_bytes(base_offset=7))
        assert position == 10
        assert found[-1].offset == 9
        assert [one.offset for one in found] == sorted({one.offset for one in found})


def test_damage_on_the_way_is_fetched_again() -> None:
    damaged = bytearray(GOOD.to_bytes())
    damaged[-1] ^= 1
    assert not FetchedBatches(bytes(damaged)).next_batch().validate_crc()


def test_control_batches_are_known_as_such() -> None:
    of_broker = replace(GOOD, attributes=0x20).to_bytes(base_offset=3)
    batch = FetchedBatches(of_broker).next_batch()
    assert batch.is_control_batch
    assert batch.next_offset == 6
    assert not FetchedBatches(GOOD.to_bytes()).next_batch().is_control_batch


def test_a_batch_that_is_not_all_there_is_left_for_the_next_fetch() -> None:
    whole = GOOD.to_bytes()
    batches = FetchedBatches(whole + whole[:-1])
    assert batches.has_next()
    batches.next_batch()
    assert not batches.has_next()
    assert batches.size_in_bytes() == 2 * len(whole) - 1
    assert not FetchedBatches(whole[:11]).has_next()
    with pytest.raises(CorruptRecordException):
        batches.next_batch()


def test_one_fetch_unpacks_to_no_more_than_one_batch_may() -> None:
    """The client makes a list of all that it has fetched: kilobytes may stand for gigabytes."""
    large = batch_of([record(bytes(MOST_UNPACKED_BYTES // 2))], codec=ZSTD)
    batches = FetchedBatches(b"".join(large.to_bytes(base_offset=at) for at in range(100)))
    read_so_far = 0
    while batches.has_next():
        read_so_far += len(list(batches.next_batch()))
    assert read_so_far == 2


def test_one_fetch_makes_no_more_records_than_one_batch_may() -> None:
    tiny = batch_of([record(None, key=None, offset_delta=at) for at in range(20_000)], codec=ZSTD)
    batches = FetchedBatches(b"".join(tiny.to_bytes(base_offset=20_000 * at) for at in range(9)))
    read_so_far = 0
    while batches.has_next():
        read_so_far += len(list(batches.next_batch()))
    assert read_so_far == 60_000


def test_a_large_value_stays_packed_until_it_is_wanted() -> None:
    value = bytes(20_000_000)
    records = [record(b"small"), record(value, key=b"k", headers=[(b"h", b"v")], offset_delta=1)]
    written = batch_of(records, codec=ZSTD).to_bytes(base_offset=8)
    [small, large], _ = read(written)
    assert small.value == b"small"
    assert isinstance(large.value, LargeValue)
    assert len(large.value) < 10_000
    assert large.value.size_bytes == len(value)
    assert (large.offset, large.key, large.headers) == (9, b"k", (("h", b"v"),))
    taken = Record("topic", 0, large.offset, 0, large.key, large.value, large.headers)
    assert unpacked(taken).value == value
    assert unpacked(replace(taken, value=b"plain")).value == b"plain"
