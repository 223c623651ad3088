"""Reading HTTP/1.1 answers out of what a connection delivers."""

import re
from dataclasses import dataclass

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]+)[ \t]*\r\n", re.IGNORECASE)
_END_OF_HEAD = b"\r\n\r\n"


class UnreadableAnswerError(Exception):
    """Not an answer with a status and a length; chunked ones are not read."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class AnswerReader:
    """One answer after the other, each asked for before the next arrives."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> Answer | None:
        """The answer once it is complete. Raises UnreadableAnswerError."""
        self._received += data
        end = self._received.find(_END_OF_HEAD)
        if end < 0:
            return None
        body_from = end + len(_END_OF_HEAD)
        status, length = _status_and_length(bytes(self._received[: end + 2]))
        if len(self._received) < body_from + length:
            return None
        answer = Answer(status, bytes(self._received[body_from : body_from + length]))
        del self._received[: body_from + length]
        return answer


def _status_and_length(head: bytes) -> tuple[int, int]:
    length = _LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 ") or not head[9:12].isdigit() or length is None:
        raise UnreadableAnswerError(f"no status or no content-length in {head[:200]!r}")
    return int(head[9:12]), int(length[1])
