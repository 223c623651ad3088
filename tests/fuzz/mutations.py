"""Pictures made wrong, reproducibly: what one number gives, it gives again."""

import random
import struct
import zlib
from collections.abc import Callable, Sequence

_TELLING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
_PNG = b"\x89PNG\r\n\x1a\n"

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def mutated(number: int, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds with one to four things wrong. Every other PNG has its checksums corrected,
    so that what is wrong with it is met by a decoder."""
    chance = random.Random(number)  # noqa: S311 - to be reproduced, not to be secret
    data = chance.choice(seeds)
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(_MUTATIONS)(chance, data, seeds)
    return with_checksums(data) if data.startswith(_PNG) and chance.random() < 0.5 else data


def with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks are as they were and whose checksums are right, as far as it goes."""
    out, at = bytearray(data), len(_PNG)
    while at + 12 <= len(out):
        end = at + 8 + struct.unpack(">I", out[at : at + 4])[0]
        if end + 4 > len(out):
            break
        out[end : end + 4] = struct.pack(">I", zlib.crc32(out[at + 4 : end]))
        at = end + 4
    return bytes(out)


def _flip(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    out = bytearray(data)
    for _step in range(chance.randint(1, 8)):
        out[_place(chance, data)] ^= 1 << chance.randrange(8)
    return bytes(out)


def _telling_number(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    kind = chance.choice((">B", ">H", "<H", ">I", "<I"))
    size = struct.calcsize(kind)
    number = struct.pack(kind, chance.choice(_TELLING) & (256**size - 1))
    at = _place(chance, data)
    return data[:at] + number + data[at + size :]


def _cut(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: _place(chance, data)]


def _leave_out(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    first = _place(chance, data)
    return data[:first] + data[first + chance.randint(1, 64) :]


def _repeat(chance: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    first = _place(chance, data)
    piece = data[first : first + chance.randint(1, 256)]
    return data[:first] + piece * chance.randint(2, 50) + data[first:]


def _splice(chance: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = chance.choice(seeds)
    return data[: _place(chance, data)] + other[_place(chance, other) :]


def _place(chance: random.Random, data: bytes) -> int:
    """Every fourth time in the first bytes: that is where headers are."""
    longest = len(data) if chance.random() < 0.75 else min(len(data), 64)
    return chance.randrange(longest) if longest else 0


def _unless_empty(mutation: Mutation) -> Mutation:
    return lambda chance, data, seeds: mutation(chance, data, seeds) if data else data


_MUTATIONS: tuple[Mutation, ...] = tuple(
    _unless_empty(one) for one in (_flip, _telling_number, _cut, _leave_out, _repeat, _splice)
)
