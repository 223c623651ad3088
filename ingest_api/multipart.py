"""multipart/form-data pushed through as it arrives: one picture to a spool, options to text.

RFC 7578. Nothing is held but the spool (in memory up to 1 MiB, then a temporary file) and the
options, so that memory does not grow with the number of uploads under way.
"""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from ingest_api.errors import (
    BODY_MALFORMED,
    CONTENT_TYPE_WRONG,
    IMAGE_EMPTY,
    IMAGE_MISSING,
    OPTION_INVALID,
    OPTION_REPEATED,
    UPLOAD_TOO_LARGE,
    RefusedError,
)
from ingest_api.options import check_name

IMAGE_PART: Final = "image"
_SPOOL_BYTES = 1024 * 1024
_MAX_PARTS = 20
_MAX_TEXT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Form:
    """`image` stands at its start; whoever takes the form closes it."""

    image: BinaryIO
    size_bytes: int
    sha256: str
    texts: dict[str, list[str]]


class FormReader:
    """Feed it the body, then ask for the form. Any method raises RefusedError; `close` releases
    the spool when the form was not taken."""

    def __init__(self, content_type: str, *, max_image_bytes: int) -> None:
        self._max_image_bytes = max_image_bytes
        self._hash = hashlib.sha256()
        self._image_bytes = 0
        self._has_image = False
        self._texts: dict[str, list[str]] = {}
        self._parts = 0
        self._is_complete = False
        self._headers: dict[bytes, bytes] = {}
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._name = ""
        self._text = bytearray()
        self._parser = MultipartParser(_boundary(content_type), self._callbacks())
        spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115 - leaves in the form
        self._image = cast("BinaryIO", spool)

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _malformed(f"not multipart/form-data: {str(error)[:200]}") from None

    def take(self) -> Form:
        if not self._is_complete:
            raise _malformed("the closing boundary is missing")
        if not self._has_image:
            raise RefusedError(refusal=IMAGE_MISSING, field=IMAGE_PART)
        if self._image_bytes == 0:
            raise RefusedError(refusal=IMAGE_EMPTY, field=IMAGE_PART)
        self._image.seek(0)
        return Form(self._image, self._image_bytes, self._hash.hexdigest(), self._texts)

    def close(self) -> None:
        self._image.close()

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": _collect(self._header_name),
            "on_header_value": _collect(self._header_value),
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise RefusedError(refusal=BODY_MALFORMED, detail="too many parts", limit=_MAX_PARTS)
        self._headers = {}
        self._text.clear()

    def _on_header_end(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _on_headers_finished(self) -> None:
        kind, parameters = parse_options_header(self._headers.get(b"content-disposition"))
        if kind != b"form-data" or b"name" not in parameters:
            raise _malformed("a part has no name")
        self._name = parameters[b"name"].decode("utf-8", "replace")
        if self._name == IMAGE_PART:
            self._begin_image()
        else:
            check_name(self._name)

    def _begin_image(self) -> None:
        if self._has_image:
            raise RefusedError(refusal=OPTION_REPEATED, field=IMAGE_PART)
        self._has_image = True
        declared = self._headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if declared not in {b"", b"application/octet-stream"} and declared[:6] != b"image/":
            raise RefusedError(
                refusal=CONTENT_TYPE_WRONG,
                detail="the image part is declared to be no picture",
                field=IMAGE_PART,
                allowed="image/jpeg, image/png, image/webp, image/gif, application/octet-stream",
            )

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._name != IMAGE_PART:
            self._text += data[start:end]
            if len(self._text) > _MAX_TEXT_BYTES:
                raise RefusedError(refusal=OPTION_INVALID, field=self._name, limit=_MAX_TEXT_BYTES)
            return
        self._image_bytes += end - start
        if self._image_bytes > self._max_image_bytes:
            raise RefusedError(
                refusal=UPLOAD_TOO_LARGE,
                detail=f"a picture may have {self._max_image_bytes} bytes",
                field=IMAGE_PART,
                limit=self._max_image_bytes,
            )
        view = memoryview(data)[start:end]
        self._hash.update(view)
        self._image.write(view)

    def _on_part_end(self) -> None:
        if self._name == IMAGE_PART:
            return
        try:
            text = self._text.decode("utf-8")
        except UnicodeDecodeError:
            raise RefusedError(
                refusal=OPTION_INVALID, detail="not UTF-8 text", field=self._name
            ) from None
        self._texts.setdefault(self._name, []).append(text)

    def _on_end(self) -> None:
        self._is_complete = True


def _collect(into: bytearray) -> Callable[[bytes, int, int], None]:
    def collect(data: bytes, start: int, end: int) -> None:
        into.extend(memoryview(data)[start:end])

    return collect


def _boundary(content_type: str) -> bytes:
    kind, parameters = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise RefusedError(
            refusal=CONTENT_TYPE_WRONG, field="Content-Type", allowed="multipart/form-data"
        )
    boundary: bytes = parameters.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:
        raise _malformed("the boundary must have 1 to 70 characters")
    return boundary


def _malformed(detail: str) -> RefusedError:
    return RefusedError(refusal=BODY_MALFORMED, detail=detail)
