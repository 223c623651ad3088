"""Formats by their first bytes, and where a picture lies."""

from uuid import UUID

import pytest

from schemas.events import ImageSubmitted
from schemas.pictures import content_type_of, object_key
from tests.support.events import PICTURE_SHA256, image_submitted


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", None),
        (b"<svg xmlns=", None),
        (b"\x00\x00\x00\x1cftypavif", None),
        (b"\xff\xd8", None),
        (b"", None),
    ],
)
def test_a_format_is_told_by_its_first_bytes(head: bytes, content_type: str | None) -> None:
    assert content_type_of(head) == content_type


def test_a_picture_lies_below_its_tenant_under_a_key_that_the_contract_takes() -> None:
    request_id = UUID("0198d2c4-7a10-7c3e-9b54-3f6a1e2d8c90")
    key = object_key("acme", request_id, PICTURE_SHA256)
    assert key == f"acme/{request_id}/{PICTURE_SHA256}"
    event = image_submitted(request_id=request_id, object_key=key)
    assert ImageSubmitted.read(event.to_json()).object_key == key
