"""Passwords to hashes, by Argon2id: 12 MiB and three passes, as OWASP recommends at least.

The library is imported where it is used: processes that know no people do without it.
"""
# ruff: noqa: PLC0415 - imported where used, as said above

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_AT_ONCE: Final = 2


class Passwords:
    """Two are worked on at a time, in threads: each takes 12 MiB and some 20 ms of a processor."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._free:
            return await asyncio.to_thread(hash_password, password)

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Without a hash it takes as long as with one, and says no: time does not tell who is
        known."""
        async with self._free:
            return await asyncio.to_thread(_matches, password, hashed)


def hash_password(password: str) -> str:
    return _hasher().hash(password)


def _matches(password: str, hashed: str | None) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(hashed or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=3, memory_cost=12 * 1024, parallelism=1)


@cache
def _nobodys_hash() -> str:
    return hash_password("nobody has this password")
