"""Pictures that tell something in every place where a picture can: each tale has a mark of its own.

Sources: CIPA DC-008 (EXIF), IPTC-IIM 4.2, XMP part 3, PNG section 11.3, GIF89a, RFC 9649.
"""

import io
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

from tests.support.hostile_images import encoded, gradient

_GPS, _EXIF = 0x8825, 0x8769


@dataclass
class CanaryPicture:
    """`marks` by the place where each of them stands."""

    kind: str
    data: bytes = b""
    marks: dict[str, bytes] = field(default_factory=dict)

    def mark(self, place: str) -> str:
        mark = f"canary{secrets.token_hex(8)}"
        self.marks[place] = mark.encode()
        return mark


def canary_pictures() -> list[CanaryPicture]:
    return [_jpeg(), _png(), _webp(), _gif()]


def _jpeg() -> CanaryPicture:
    picture = CanaryPicture("jpeg")
    whole = encoded(
        gradient(), "JPEG", exif=_exif(picture), xmp=_xmp(picture), icc_profile=_profile(picture),
        comment=picture.mark("comment").encode(),
    )  # fmt: skip
    picture.data = whole[:2] + _iptc(picture) + whole[2:] + picture.mark("behind").encode()
    return picture


def _png() -> CanaryPicture:
    picture = CanaryPicture("png")
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", picture.mark("tEXt"))
    texts.add_text("Author", picture.mark("zTXt"), zip=True)
    texts.add_itxt("XML:com.adobe.xmp", _xmp(picture).decode())
    texts.add(b"prVt", picture.mark("private chunk").encode())
    picture.data = encoded(
        gradient(), "PNG", exif=_exif(picture), icc_profile=_profile(picture), pnginfo=texts
    )
    return picture


def _webp() -> CanaryPicture:
    picture = CanaryPicture("webp")
    picture.data = encoded(
        gradient(), "WEBP", exif=_exif(picture), xmp=_xmp(picture), icc_profile=_profile(picture)
    )
    return picture


def _gif() -> CanaryPicture:
    picture = CanaryPicture("gif")
    picture.data = encoded(gradient(), "GIF", comment=picture.mark("comment").encode())
    return picture


def _exif(picture: CanaryPicture) -> bytes:
    """Orientation 6, so that it matters that it is read, and a mark for every kind of tag."""
    exif = Image.Exif()
    exif[0x0112] = 6
    for place, tag in {"description": 0x010E, "maker": 0x010F, "model": 0x0110, "software": 0x0131,
                       "artist": 0x013B, "copyright": 0x8298, "title": 0x9C9B}.items():  # fmt: skip
        exif[tag] = picture.mark(place)
    exif.get_ifd(_EXIF).update(
        {0x927C: picture.mark("maker note").encode(), 0x9286: picture.mark("user comment").encode(),
         0xA431: picture.mark("serial number"), 0xA430: picture.mark("owner")}
    )  # fmt: skip
    position: dict[int, Any] = {
        1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0),
        27: picture.mark("gps").encode(),
    }  # fmt: skip
    exif.get_ifd(_GPS).update(position)
    return exif.tobytes() + _thumbnail(picture)


def _thumbnail(picture: CanaryPicture) -> bytes:
    """A small JPEG in the same block, as cameras put it behind their tags."""
    return encoded(gradient(32, 24), "JPEG", comment=picture.mark("thumbnail").encode())


def _xmp(picture: CanaryPicture) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="{picture.mark("xmp")}"/>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def _profile(picture: CanaryPicture) -> bytes:
    """A true profile, with the mark in place of its description."""
    stream = io.BytesIO(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    return stream.getvalue() + picture.mark("profile").encode()


def _iptc(picture: CanaryPicture) -> bytes:
    caption = picture.mark("iptc").encode()
    record = b"\x1c\x02\x78" + struct.pack(">H", len(caption)) + caption
    block = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(record)) + record
    block += bytes(len(record) % 2)
    return b"\xff\xed" + struct.pack(">H", len(block) + 2) + block
