"""One HTTP response -> a body within the limits, or the redirect it asks for."""

import re
from dataclasses import dataclass
from typing import Final

import httpcore

from outbound.errors import FetchFailedError, FetchTooLargeError

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
RETRYABLE_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_MEDIA_TYPE = re.compile(rb"([a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63})\s*(?:;.*)?")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole body; `content_type` is the other side's word (`type/subtype`), never proof."""

    body: bytes
    content_type: str | None
    final_url: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """The Location of a redirect, unchecked; the body of such a response is never read.

    Bytes outside ASCII, which some servers send, are percent-encoded as browsers do.
    """

    location: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is taken of an answer to a message: `retry_after` as it was sent, unchecked."""

    status: int
    retry_after: str | None = None


def read_answer(response: httpcore.Response) -> Answer:
    """Of the head alone: what stands in the body is nobody's business."""
    said = _values(response, b"retry-after")
    return Answer(response.status, said[0][:64].decode("ascii", "replace") if said else None)


async def read_response(
    response: httpcore.Response, *, url: str, max_bytes: int
) -> Fetched | Redirect:
    """The body of a 200 in the encoding it was sent in, `max_bytes` at most.

    An announced length over the limit is refused before any of the body is read. A server
    that announces less than it sends is taken at its word: the rest is never read, and the
    shortened body is for the reader of the body to notice.
    """
    if response.status in REDIRECTS:
        return _to_redirect(response)
    if response.status != 200:
        is_retryable = response.status in RETRYABLE_STATUSES
        raise FetchFailedError(f"answered {response.status}", retryable=is_retryable)
    _refuse_encodings(response)
    _refuse_announced_length(response, max_bytes=max_bytes)
    body = await _read_body(response, max_bytes=max_bytes)
    return Fetched(body=body, content_type=_content_type(response), final_url=url)


def _values(response: httpcore.Response, name: bytes) -> list[bytes]:
    return [value.strip().lower() for key, value in response.headers if key.lower() == name]


def _to_redirect(response: httpcore.Response) -> Redirect:
    locations = [value for key, value in response.headers if key.lower() == b"location"]
    if len(locations) != 1:
        raise FetchFailedError("redirects without saying where to", retryable=False)
    encoded = (chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in locations[0])
    return Redirect("".join(encoded))


def _refuse_encodings(response: httpcore.Response) -> None:
    if any(value not in {b"", b"identity"} for value in _values(response, b"content-encoding")):
        raise FetchFailedError("sends an encoding that was not asked for", retryable=False)


def _refuse_announced_length(response: httpcore.Response, *, max_bytes: int) -> None:
    for value in _values(response, b"content-length"):
        if value.isdigit() and int(value) > max_bytes:
            raise FetchTooLargeError(f"announces more than {max_bytes} bytes")


async def _read_body(response: httpcore.Response, *, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_stream():
        if len(body) + len(chunk) > max_bytes:
            raise FetchTooLargeError(f"sends more than {max_bytes} bytes")
        body += chunk
    return bytes(body)


def _content_type(response: httpcore.Response) -> str | None:
    for value in _values(response, b"content-type"):
        match = _MEDIA_TYPE.fullmatch(value)
        return match[1].decode("ascii") if match else None
    return None
