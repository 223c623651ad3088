"""Compressed bytes back to plain ones, never more than a given number of them.

The broker limits the size of what is compressed only: 6 KB of zstd are 200 MB of zeros.
"""

import struct
import zlib
from collections.abc import Callable

import cramjam
from aiokafka.codec import _detect_xerial_stream

_SNAPPY_CHUNK = struct.Struct(">i")
_XERIAL_HEAD_BYTES = 16
_FIRST_GUESS_BYTES = 32_000
_NEXT_GUESS = 32


class UnpackingError(Exception):
    """Not of its codec, damaged, or more than was allowed."""


def unpack(codec: int, packed: bytes, *, most: int) -> bytes:
    """`codec` is Kafka's number for it. Raises UnpackingError for all that can be wrong."""
    if codec not in _UNPACK:
        raise UnpackingError(f"there is no codec {codec}")
    try:
        return _UNPACK[codec](packed, most)
    except (zlib.error, struct.error, OSError, ValueError, cramjam.DecompressionError) as error:
        raise UnpackingError(f"codec {codec}: {error}") from error


def _gzip(packed: bytes, most: int) -> bytes:
    """Several members after each other are one stream."""
    plain = bytearray()
    while packed:
        member = zlib.decompressobj(wbits=31)
        plain += member.decompress(packed, most + 1 - len(plain))
        if len(plain) > most:
            raise UnpackingError(f"more than {most} bytes")
        if not member.eof:
            raise UnpackingError("the gzip stream ends too early")
        packed = member.unused_data
    return bytes(plain)


def _snappy(packed: bytes, most: int) -> bytes:
    if not _detect_xerial_stream(packed):
        return _snappy_block(packed, most)
    plain, at = bytearray(), _XERIAL_HEAD_BYTES
    while at < len(packed):
        [size] = _SNAPPY_CHUNK.unpack_from(packed, at)
        at += _SNAPPY_CHUNK.size
        if not 0 < size <= len(packed) - at:
            raise UnpackingError(f"a snappy block of {size} bytes")
        plain += _snappy_block(packed[at : at + size], most - len(plain))
        at += size
    return bytes(plain)


def _snappy_block(packed: bytes, most: int) -> bytes:
    """A block begins with the size that is allocated for it, whatever follows."""
    if (size := cramjam.snappy.decompress_raw_len(packed)) > most:
        raise UnpackingError(f"more than {most} bytes: {size} in a snappy block")
    return bytes(cramjam.snappy.decompress_raw(packed))


def _into(decompress_into: Callable[[bytes, bytearray], int]) -> Callable[[bytes, int], bytes]:
    """For the codecs that write into a buffer and say so when it is full. A buffer of the largest
    size costs milliseconds to make, and hardly any batch needs it."""

    def unpacked(packed: bytes, most: int) -> bytes:
        room = max(_FIRST_GUESS_BYTES, 8 * len(packed))
        while True:
            plain = bytearray(min(room, most))
            try:
                size = decompress_into(packed, plain)
            except (cramjam.DecompressionError, OSError) as error:
                if room >= most:
                    raise UnpackingError(f"not within {most} bytes: {error}") from error
                room *= _NEXT_GUESS
            else:
                return bytes(memoryview(plain)[:size])

    return unpacked


_UNPACK: dict[int, Callable[[bytes, int], bytes]] = {
    0: lambda packed, most: packed,
    1: _gzip,
    2: _snappy,
    3: _into(cramjam.lz4.decompress_into),
    4: _into(cramjam.zstd.decompress_into),
}
