"""The Idempotency-Key header: a request that is sent again is the same request."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.types import Scope

from ingest_api.errors import IDEMPOTENCY_KEY_INVALID, IDEMPOTENCY_KEY_REUSED, RefusedError
from ingest_api.options import Wish
from ingest_api.scope import header_of
from ingest_api.settings import ApiSettings
from schemas.contract import canonical_json
from storage.ports import IdempotencyKey, KeyUse

_MOST_CHARS = 255
_PRINTABLE = re.compile(rf"[\x21-\x7e]{{1,{_MOST_CHARS}}}")


@dataclass(frozen=True, slots=True)
class ClientKey:
    """What the client calls its request, and how long the name is kept."""

    text: str
    ttl_s: int

    def naming(self, picture: str, wish: Wish, *, now: datetime) -> IdempotencyKey:
        """The key with what tells this request apart: `picture` is an address or a SHA-256."""
        asked = [picture, _spelt(wish), wish.lane, wish.deadline_s]
        fingerprint = hashlib.sha256(canonical_json(asked)).digest()
        return IdempotencyKey(self.text, fingerprint, now + timedelta(seconds=self.ttl_s))


def _spelt(wish: Wish) -> dict[str, object]:
    """Without a callback as it was spelt before there were any: a repeat of a request from before
    an upgrade is still the same request."""
    options: dict[str, object] = wish.options.model_dump(mode="json")
    if wish.options.callback_url is None:
        del options["callback_url"]
    return options


def client_key_of(scope: Scope, settings: ApiSettings) -> ClientKey | None:
    """None when the client gives its request no name. Raises RefusedError."""
    header = header_of(scope, b"idempotency-key")
    if header is None:
        return None
    if not _PRINTABLE.fullmatch(header):
        raise RefusedError(
            refusal=IDEMPOTENCY_KEY_INVALID, field="Idempotency-Key", limit=_MOST_CHARS,
            allowed=f"1 to {_MOST_CHARS} printable ASCII characters without spaces",
        )  # fmt: skip
    return ClientKey(header, settings.idempotency_ttl_s)


def check_same(use: KeyUse, key: IdempotencyKey) -> None:
    """Raises RefusedError when the key stands for a request that asked for something else."""
    if use.fingerprint != key.fingerprint:
        raise RefusedError(
            refusal=IDEMPOTENCY_KEY_REUSED, field="Idempotency-Key", request_id=use.request_id,
            detail="the key stands for a request with another picture or other options",
        )  # fmt: skip
