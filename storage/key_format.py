"""API keys as text: `aia_`, thirty random base62 digits, six that check them.

The prefix lets scanners recognise a leaked key. By the check digits whoever is shown a mistyped
one refuses it without asking the store.
"""

import hashlib
import secrets
import string
import zlib
from typing import Final

PREFIX: Final = "aia_"
_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM: Final = 30
_CHECK: Final = 6


def mint_api_key() -> str:
    """A new key of 178 random bits. It cannot be had again: only its hash is stored."""
    body = PREFIX + "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM))
    return body + _check_digits(body)


def is_well_formed(key: str) -> bool:
    """Whether it may be a key of ours; says nothing of whether it is valid."""
    body, check = key[:-_CHECK], key[-_CHECK:]
    return (
        len(key) == len(PREFIX) + _RANDOM + _CHECK
        and key.startswith(PREFIX)
        and all(digit in _DIGITS for digit in body.removeprefix(PREFIX))
        and check == _check_digits(body)
    )


def shown_prefix(key: str) -> str:
    """As much of a key as lists show, for people to tell keys apart: 24 of its 178 bits."""
    return key[:8]


def hash_api_key(key: str) -> bytes:
    """SHA-256 of the whole key: what is stored, and what is looked for."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def _check_digits(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
