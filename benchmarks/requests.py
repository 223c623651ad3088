"""The bytes of one request: a picture as a form, or as the bare body."""

import secrets
from collections.abc import Callable, Sequence
from itertools import count
from typing import Literal

from benchmarks.pictures import Picture

Form = Literal["multipart", "raw"]
_BOUNDARY = b"benchmark-5f0c1e9a7d"
_PART = (
    b"--" + _BOUNDARY + b'\r\nContent-Disposition: form-data; name="image"; filename="p.jpg"\r\n'
    b"Content-Type: image/jpeg\r\n\r\n"
)
_CLOSE = b"\r\n--" + _BOUNDARY + b"--\r\n"
_TYPES = {"multipart": b"multipart/form-data; boundary=" + _BOUNDARY, "raw": b"image/jpeg"}


class RequestMaker:
    """Goes round the pictures; each request carries a picture that no other request carried."""

    def __init__(
        self, pictures: Sequence[bytes], *, path: str, form: Form, headers: Sequence[str]
    ) -> None:
        self._pictures = [Picture.split(jpeg) for jpeg in pictures]
        self._run = secrets.token_hex(8)
        self._number = count()
        self._wrap = _WRAPS[form]
        lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
        self._head = "\r\n".join(lines).encode() + b"\r\nContent-Type: " + _TYPES[form]

    def make(self) -> tuple[bytes, ...]:
        number = next(self._number)
        picture = self._pictures[number % len(self._pictures)]
        body = self._wrap(picture.pieces(f"{self._run}-{number}".encode()))
        length = sum(map(len, body))
        return (self._head + b"\r\nContent-Length: %d\r\n\r\n" % length, *body)


def _multipart(body: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return (_PART, *body, _CLOSE)


def _raw(body: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return body


_WRAPS: dict[Form, Callable[[tuple[bytes, ...]], tuple[bytes, ...]]] = {
    "multipart": _multipart,
    "raw": _raw,
}
