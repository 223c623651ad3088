"""The picture formats of the contract, told apart by their first bytes, and where one is stored."""

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
