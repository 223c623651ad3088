"""Answers are found in the bytes however these arrive."""

import pytest

from benchmarks.answers import Answer, AnswerReader, UnreadableAnswerError

ANSWER = b"HTTP/1.1 202 Accepted\r\ndate: now\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize("step", [1, 7, len(ANSWER)])
def test_an_answer_in_pieces(step: int) -> None:
    reader = AnswerReader()

    found = [reader.feed(ANSWER[at : at + step]) for at in range(0, len(ANSWER), step)]

    assert found[-1] == Answer(202, b"hello")
    assert found[:-1] == [None] * (len(found) - 1)


def test_the_next_answer_follows() -> None:
    reader = AnswerReader()
    reader.feed(ANSWER)

    assert reader.feed(b"HTTP/1.1 503 No\r\ncontent-length:0\r\n\r\n") == Answer(503, b"")


@pytest.mark.parametrize(
    "data",
    [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"SSH-2.0\r\n\r\n", b"\r\n\r\n"],
)
def test_what_has_no_length_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableAnswerError):
        AnswerReader().feed(data)
