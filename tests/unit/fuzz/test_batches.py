"""Whatever the broker hands out as a batch: every offset of it is passed once, in order, and stands
for a record or for what cannot be read."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.damage import damaged
from tests.fuzz.tries import tries
from tests.support.hostile_batches import GZIP, LZ4, SNAPPY, ZSTD, Batch, batch_of, record
from topics.record_batches import FetchedBatches
from topics.records import Record
from topics.sealed import UnreadableBatch
from topics.wire_records import WireRecord

HEADERS = [(b"ce_id", b"1"), (b"null", None), ("ü".encode(), b"")]
RECORDS = [
    record(b'{"a": 1}' * 9, headers=HEADERS),
    record(None, key=None, offset_delta=1, timestamp_delta=7),
    record(b"", key=b"", offset_delta=2),
]
CODECS = {"plain": 0, "gzip": GZIP, "snappy": SNAPPY, "lz4": LZ4, "zstd": ZSTD}
EACH = pytest.mark.parametrize("codec", CODECS)


def read(fetched: bytes) -> list[WireRecord]:
    batches = FetchedBatches(fetched)
    found = []
    while batches.has_next():
        batch = batches.next_batch()
        if not batch.validate_crc():
            break  # fetched again
        records = list(batch)
        offsets = [one.offset for one in records]
        assert offsets == sorted(set(offsets))
        assert all(offset < batch.next_offset for offset in offsets)
        for one in records:
            as_read = Record("t", 0, one.offset, one.timestamp, one.key, one.value, one.headers)
            assert 1 <= as_read.at.year <= 9999
            "".join(name for name, _ in one.headers).encode()
        found += records
    return found


@EACH
def test_a_good_one_is_read(codec: str) -> None:
    found = read(batch_of(RECORDS, codec=CODECS[codec]).to_bytes(base_offset=40))
    assert [one.offset for one in found] == [40, 41, 42]
    assert not any(isinstance(one.value, UnreadableBatch) for one in found)


@EACH
@tries(80)
@given(data=st.data())
def test_a_batch_with_something_wrong_inside(codec: str, data: st.DataObject) -> None:
    """As a producer may write it: the checksum is right."""
    good = batch_of(RECORDS, codec=CODECS[codec])
    packed = good.to_bytes()[61:]
    numbers = st.one_of(st.just(3), st.integers(-(2**31), 2**31 - 1))
    last = data.draw(st.one_of(st.just(2), st.integers(-5, 100)))
    spoilt = replace(
        good, payload=data.draw(damaged(packed)), count=data.draw(numbers), last_offset_delta=last
    )
    found = read(spoilt.to_bytes(base_offset=40) + good.to_bytes(base_offset=1000))
    assert [one.offset for one in found[-3:]] == [1000, 1001, 1002]


@EACH
@tries(80)
@given(data=st.data())
def test_records_with_something_wrong(codec: str, data: st.DataObject) -> None:
    """What is packed can be unpacked, and is wrong then."""
    plain = data.draw(damaged(b"".join(RECORDS)))
    made = Batch((plain,), codec=CODECS[codec], count=3, last_offset_delta=2)
    found = read(made.to_bytes(base_offset=40))
    assert found[-1].offset == 42


@tries(200)
@given(data=st.data())
def test_anything_at_all(data: st.DataObject) -> None:
    read(data.draw(damaged(batch_of(RECORDS).to_bytes(base_offset=40))))
