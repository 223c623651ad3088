"""The pictures that are sent: photographs of a folder, each sending made distinct."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

_START = b"\xff\xd8"
_APPLICATION_0 = b"\xff\xe0"
_COMMENT = b"\xff\xfe"


class NoPicturesError(Exception):
    """The folder holds no JPEG file; the text names it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG in two pieces; a comment goes between them and changes no pixel."""

    head: bytes
    tail: bytes

    @classmethod
    def split(cls, jpeg: bytes) -> Self:
        """After the start marker and the JFIF header, which has to come first. ValueError when it
        is no JPEG."""
        if not jpeg.startswith(_START):
            raise ValueError("not a JPEG: it does not begin with FF D8")
        cut = len(_START)
        if jpeg[cut : cut + 2] == _APPLICATION_0:
            cut += 2 + int.from_bytes(jpeg[cut + 2 : cut + 4], "big")
        return cls(jpeg[:cut], jpeg[cut:])

    def pieces(self, stamp: bytes) -> tuple[bytes, bytes, bytes]:
        """The picture with `stamp` (at most 65,533 bytes) as a comment: no two have one hash."""
        comment = _COMMENT + (len(stamp) + 2).to_bytes(2, "big") + stamp
        return self.head, comment, self.tail


def read_pictures(folder: Path) -> list[bytes]:
    """All JPEG files of the folder, in the order of their names. Raises NoPicturesError."""
    files = sorted(file for file in folder.glob("*") if file.suffix.lower() in {".jpg", ".jpeg"})
    if not files:
        raise NoPicturesError(f"{folder}: no .jpg file in it; name another folder with --images")
    return [file.read_bytes() for file in files]
