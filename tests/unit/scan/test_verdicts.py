"""What clamd says, to the letter: one thing is clean, and everything else is not."""

import pytest

from processors.scan.clamd import to_verdict
from processors.scan.conversation import Reply, as_stream
from processors.scan.port import Clean, Infected, ScanFailedError, ScanRefusedError

NOT_CLEAN = (
    b"", b"\0", b"s", b"stream: O", b"stream: OK", b"stream: OK\n", b"stream: OK\r\n\0",
    b"stream: OK \0", b" stream: OK\0", b"Stream: OK\0", b"stream: ok\0", b"stream:OK\0",
    b"OK\0", b"1: stream: OK\0", b"stream: OK\0\0", b"stream: OK\0stream: OK\0",
    b"stream: OK\0stream: Test FOUND\0", b"stream: Test FOUND\0stream: OK\0",
    b"stream: FOUND\0", b"stream:  FOUND\0",
    b"stream: Test FOUND", b"stream: Te\0st FOUND\0", b"stream: NOT OK\0", b"PONG\0",
    b"stream: Can't allocate memory ERROR\0", b"stream: OK ERROR\0", b"UNKNOWN COMMAND\0",
    b"COMMAND READ TIMED OUT\0", b"INSTREAM size limit exceeded. ERROR", b"\xff\xfe" * 2000,
)  # fmt: skip


def test_clean_is_one_answer() -> None:
    assert to_verdict(Reply(b"stream: OK\0", is_whole=True)) == Clean()


def test_an_answer_to_less_than_all_is_none() -> None:
    with pytest.raises(ScanFailedError, match="before the end"):
        to_verdict(Reply(b"stream: OK\0", is_whole=False))


@pytest.mark.parametrize("text", NOT_CLEAN)
def test_nothing_else_is_clean(text: bytes) -> None:
    with pytest.raises(ScanFailedError) as failed:
        to_verdict(Reply(text, is_whole=True))
    assert len(str(failed.value)) < 450
    assert str(failed.value).isprintable()


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        (b"stream: Local.Eicar.Test.UNOFFICIAL FOUND\0", "Local.Eicar.Test.UNOFFICIAL"),
        (b"stream: OK FOUND\0", "OK"),
        (b"stream: OK FOUND FOUND\0", "OK FOUND"),
        (b"stream: Test(0123abcd:68) FOUND\0", "Test(0123abcd:68)"),
        (b"stream: \x1b[31mred\x07 FOUND\0", "?[31mred?"),
        (b"stream: " + b"x" * 3000 + b" FOUND\0", "x" * 200),
    ],
)
@pytest.mark.parametrize("is_whole", [True, False])
def test_found_is_found_however_it_ends(text: bytes, signature: str, is_whole: bool) -> None:
    assert to_verdict(Reply(text, is_whole=is_whole)) == Infected(signature)


def test_too_large_is_no_outage() -> None:
    with pytest.raises(ScanRefusedError, match="StreamMaxLength"):
        to_verdict(Reply(b"INSTREAM size limit exceeded. ERROR\0", is_whole=False))


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 200_000])
def test_a_stream_is_chunks_with_their_length_and_an_empty_one(size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    said = b"".join(as_stream(data))
    assert said.startswith(b"zINSTREAM\0")
    at, heard = 10, b""
    while length := int.from_bytes(said[at : at + 4], "big"):
        heard += said[at + 4 : at + 4 + length]
        at += 4 + length
    assert heard == data
    assert len(said) == at + 4
