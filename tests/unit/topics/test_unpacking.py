"""Every codec gives back what was packed, and stops at the number of bytes that it is given."""

import pytest

from tests.support.hostile_batches import GZIP, LZ4, SNAPPY, ZSTD, packed, xerial
from topics.unpacking import UnpackingError, unpack

CODECS = pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD])
TEXT = bytes(range(256)) * 400


@CODECS
@pytest.mark.parametrize("plain", [b"", b"x", TEXT, bytes(3_000_000)], ids=len)
def test_it_gives_back_what_was_packed(codec: int, plain: bytes) -> None:
    assert unpack(codec, packed(codec, plain), most=3_000_000) == plain


@CODECS
def test_it_stops_at_the_number_it_is_given(codec: int) -> None:
    assert unpack(codec, packed(codec, TEXT), most=len(TEXT)) == TEXT
    with pytest.raises(UnpackingError):
        unpack(codec, packed(codec, TEXT), most=len(TEXT) - 1)


def test_what_is_not_packed_stays_as_it_is() -> None:
    assert unpack(0, TEXT, most=1) == TEXT


def test_parts_of_one_stream_are_put_together() -> None:
    halves = (TEXT[:7000], TEXT[7000:])
    most = len(TEXT)
    assert unpack(GZIP, b"".join(packed(GZIP, half) for half in halves), most=most) == TEXT
    assert unpack(ZSTD, b"".join(packed(ZSTD, half) for half in halves), most=most) == TEXT
    framed = xerial(*(packed(SNAPPY, half) for half in halves))
    assert unpack(SNAPPY, framed, most=most) == TEXT
    for codec, parts in ((GZIP, b"".join(packed(GZIP, TEXT) for _ in "ab")), (SNAPPY, framed)):
        with pytest.raises(UnpackingError):
            unpack(codec, parts, most=most - 1)


@pytest.mark.parametrize("codec", [-1, 5, 6, 7])
def test_there_are_no_other_codecs(codec: int) -> None:
    with pytest.raises(UnpackingError, match="no codec"):
        unpack(codec, TEXT, most=len(TEXT))


@CODECS
@pytest.mark.parametrize("cut", [1, 9, 500])
def test_what_is_damaged_is_refused(codec: int, cut: int) -> None:
    whole = packed(codec, TEXT)
    with pytest.raises(UnpackingError):
        unpack(codec, whole[:-cut], most=len(TEXT))
    with pytest.raises(UnpackingError):
        unpack(codec, whole[cut:], most=len(TEXT))
