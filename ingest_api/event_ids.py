"""Ids of server-sent events: where in which log a stream stands, sealed for one tenant.

An id tells its holder nothing, cannot be made up, and is worth nothing to another tenant. The seal
is AES-SIV (RFC 5297) with the tenant as associated data: it needs no nonce, so equal places give
equal ids.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from Crypto.Cipher import AES
from Crypto.Cipher._mode_siv import SivMode

from topics.positions import Positions

_MAX_ID_CHARS = 8192
_PURPOSE = b"sse-event-id"
_SEAL_BYTES = 16

Spot = tuple[str, int]


class UnreadableIdError(ValueError):
    """The id was not sealed by this service for this tenant."""


@dataclass(frozen=True, slots=True)
class LogPlace:
    """The next offset to read of every partition, in the log of that identity."""

    identity: str
    offsets: Mapping[Spot, int] = field(default_factory=dict)

    def distance_to(self, later: "LogPlace") -> int:
        """How many records lie between; partitions that were added since begin at 0."""
        return sum(max(0, end - self.offsets.get(spot, 0)) for spot, end in later.offsets.items())

    def range_to(self, later: "LogPlace") -> tuple[Positions, Positions]:
        """What there is to read to come from here to there: start and stop of each partition."""
        ahead = {s: end for s, end in later.offsets.items() if end > self.offsets.get(s, 0)}
        return Positions({s: self.offsets.get(s, 0) for s in ahead}), Positions(ahead)


class IdSealer:
    """Replicas that share `secret` (32 bytes or more) read each other's ids."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the sealing secret has fewer than 32 bytes")
        self._key = hashlib.sha512(_PURPOSE + b"\x00" + secret).digest()

    def seal(self, tenant_id: str, place: LogPlace) -> str:
        text, seal = self._cipher(tenant_id).encrypt_and_digest(_to_text(place).encode())
        return base64.urlsafe_b64encode(seal + text).rstrip(b"=").decode()

    def unseal(self, tenant_id: str, text: str) -> LogPlace:
        """Raises UnreadableIdError."""
        if not text.isascii() or len(text) > _MAX_ID_CHARS:
            raise UnreadableIdError("no id of ours")
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            seal, hidden = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
            opened = self._cipher(tenant_id).decrypt_and_verify(hidden, seal)
            return _from_text(opened.decode())
        except (ValueError, binascii.Error) as error:
            raise UnreadableIdError("no id of ours") from error

    def _cipher(self, tenant_id: str) -> SivMode:
        """One use each: the mode keeps state."""
        cipher = AES.new(self._key, AES.MODE_SIV)
        cipher.update(tenant_id.encode())
        return cipher


def _to_text(place: LogPlace) -> str:
    """`identity|topic=partition:offset,…|topic=…`: the name of a topic once."""
    topics: dict[str, list[str]] = {}
    for (topic, partition), offset in sorted(place.offsets.items()):
        topics.setdefault(topic, []).append(f"{partition}:{offset}")
    parts = [f"{topic}={','.join(offsets)}" for topic, offsets in topics.items()]
    return "|".join([place.identity, *parts])


def _from_text(text: str) -> LogPlace:
    identity, *parts = text.split("|")
    offsets: dict[Spot, int] = {}
    for part in parts:
        topic, _, places = part.partition("=")
        for place in places.split(","):
            partition, _, offset = place.partition(":")
            offsets[topic, int(partition)] = int(offset)
    return LogPlace(identity, offsets)
