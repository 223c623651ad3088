"""The picture formats of the contract, told apart by their first bytes, and where one is stored."""

import re
from uuid import UUID

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def content_type_of(head: bytes) -> str | None:
    """The media type by magic bytes (12 are enough), or None for any other format."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def object_key(tenant_id: str, request_id: UUID, sha256: str) -> str:
    """Where the picture of a request lies in the bucket: below its tenant, named by its bytes."""
    return f"{tenant_id}/{request_id}/{sha256}"


_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OWN_KEY = re.compile(rf"([a-z0-9][a-z0-9_-]{{0,62}})/({_UUID})/[0-9a-f]{{64}}")


def owner_of(key: str) -> tuple[str, UUID] | None:
    """The tenant and request of a key that `object_key` made; None for any other key."""
    found = _OWN_KEY.fullmatch(key)
    return None if found is None else (found[1], UUID(found[2]))
