"""Whatever bytes come as a picture, the API reads little of them and says what they are, or what is
wrong with them."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.errors import RefusedError
from ingest_api.picture import PictureLimits, check_picture
from ingest_api.picture_headers import HeaderCutError, NoPictureError, read_header
from schemas.pictures import content_type_of, object_key, owner_of
from tests.fuzz.damage import damaged
from tests.fuzz.mutations import with_checksums
from tests.fuzz.tries import tries
from tests.support.hostile_images import encoded, gradient, half_transparent, jpeg
from tests.unit.fuzz.records import REQUEST_ID

SMALL = gradient(40, 30)
PICTURES = {
    "jpeg": encoded(SMALL, "JPEG"),
    "progressive jpeg": jpeg(progressive=True, quality=20),
    "png": encoded(SMALL, "PNG"),
    "webp": encoded(SMALL, "WEBP"),
    "lossless webp": encoded(SMALL, "WEBP", lossless=True),
    "extended webp": encoded(half_transparent().resize((20, 20)), "WEBP"),
    "gif": encoded(SMALL, "GIF"),
}
LIMITS = PictureLimits(25_000_000, 10_000)
CODES = {"image_unsupported", "image_too_large", "image_truncated"}
MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBPVP8 ", b"GIF89a", b"GIF87a")
MOST_READS = 4 * 8192  # a step over a segment of a JPEG takes up to four


class Watched(io.BytesIO):
    """Counts how often it is read from, and how much."""

    reads = 0
    read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.reads += 1
        self.read_bytes += len(found)
        return found


def look_at(data: bytes) -> str:
    """The content type, or the code of what is wrong."""
    file = Watched(data)
    try:
        header = read_header(file)
    except (NoPictureError, HeaderCutError):
        header = None
    assert file.reads <= MOST_READS
    assert file.read_bytes <= min(len(data), MOST_READS) + 32
    assert header is None or (header.width >= 1 and header.height >= 1 and header.body_at >= 13)
    try:
        found = check_picture(file, LIMITS)
    except RefusedError as error:
        refused = error
    else:
        assert header is not None
        assert max(header.width, header.height) <= LIMITS.max_side_px
        assert found == content_type_of(data[:12]) == f"image/{header.format}"
        assert file.tell() == 0
        return found
    assert refused.refusal.code in CODES
    assert len(refused.detail or "") <= 200
    return refused.refusal.code


@pytest.mark.parametrize("name", PICTURES)
def test_a_good_one_is_one(name: str) -> None:
    assert look_at(PICTURES[name]) == "image/" + name.rpartition(" ")[2]


@pytest.mark.parametrize("name", PICTURES)
@tries(80)
@given(data=st.data())
def test_a_picture_with_something_wrong(name: str, data: st.DataObject) -> None:
    spoilt = data.draw(damaged(PICTURES[name]))
    look_at(spoilt)
    look_at(with_checksums(spoilt))


@tries(200)
@given(magic=st.sampled_from([b"", *MAGIC]), rest=st.binary(max_size=300))
def test_anything_at_all(magic: bytes, rest: bytes) -> None:
    look_at(magic + rest)


@tries(200)
@given(pieces=st.lists(st.sampled_from([b"\xff", b"\xff\xc0\0\x0b\x08", b"\0\x02", b"\xff\xda",
                                        b"\xff\xe0", b"\0\0", b"\x01", b"\xff\xd9"])))  # fmt: skip
def test_any_segments_of_a_jpeg(pieces: list[bytes]) -> None:
    look_at(b"\xff\xd8\xff\xe0\0\x02" + b"".join(pieces))


@tries(200)
@given(data=st.data())
def test_whose_an_object_is(data: st.DataObject) -> None:
    good = object_key("acme", REQUEST_ID, "0" * 64)
    assert owner_of(good) == ("acme", REQUEST_ID)
    key = data.draw(damaged(good.encode())).decode(errors="replace")
    owner = owner_of(key)
    if owner is not None:
        assert object_key(*owner, key[-64:]) == key
