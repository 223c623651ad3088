"""Who writes a line never waits for who reads it; what is missing is counted and told."""

import fcntl
import os
import threading
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from telemetry.log_pipe import LogPipe

PIPE_BYTES = 4096
LINE = "x" * 99


@pytest.fixture
def ends() -> Iterator[tuple[BinaryIO, int]]:
    """A pipe of the smallest size: the end that reads, and the descriptor that is written to."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    with os.fdopen(reading, "rb") as reader:
        yield reader, writing


def pipe_to(writing: int, *, most_bytes: int = 10_000) -> LogPipe:
    pipe = LogPipe(writing, most_bytes=most_bytes)
    pipe.note = lambda dropped: f"dropped {dropped}"
    return pipe


def test_lines_come_out_in_order(ends: tuple[BinaryIO, int]) -> None:
    reader, writing = ends
    pipe = pipe_to(writing)
    for number in range(30):
        pipe.put(f"line {number}")
    pipe.close()
    os.close(writing)
    assert reader.read().decode().splitlines() == [f"line {number}" for number in range(30)]
    assert (pipe.dropped, pipe.waiting_bytes) == (0, 0)


def test_nobody_waits_for_a_reader_that_does_not_read(ends: tuple[BinaryIO, int]) -> None:
    reader, writing = ends
    pipe = pipe_to(writing)
    for _ in range(1000):
        pipe.put(LINE)
    assert 1000 - 240 <= pipe.dropped < 1000
    assert pipe.waiting_bytes <= 10_000
    read = threading.Thread(target=lambda: lines.extend(reader.read().decode().splitlines()))
    lines: list[str] = []
    read.start()
    pipe.close()
    os.close(writing)
    read.join()
    assert lines.count(LINE) + pipe.dropped == 1000
    assert sum(int(line.split()[1]) for line in lines if line != LINE) == pipe.dropped


def test_a_gap_is_told_where_it_is(ends: tuple[BinaryIO, int]) -> None:
    reader, writing = ends
    pipe = pipe_to(writing, most_bytes=5000)
    while not pipe.dropped:
        pipe.put(LINE)
    before = pipe.dropped
    lines: list[str] = []
    read = threading.Thread(target=lambda: lines.extend(reader.read().decode().splitlines()))
    read.start()
    pipe.drained(within_s=10)
    pipe.put("after")
    pipe.close()
    os.close(writing)
    read.join()
    assert lines[-2:] == [f"dropped {before}", "after"]


def test_the_end_waits_for_a_blocked_reader_within_its_bound(ends: tuple[BinaryIO, int]) -> None:
    _, writing = ends
    pipe = pipe_to(writing)
    for _ in range(200):
        pipe.put(LINE)
    ended = threading.Thread(target=lambda: pipe.close(within_s=0.05))
    ended.start()
    ended.join(timeout=5)
    assert not ended.is_alive()
    pipe.put("too late")
    assert pipe.dropped >= 1


def test_a_reader_that_is_gone_costs_its_lines_only(ends: tuple[BinaryIO, int]) -> None:
    reader, writing = ends
    pipe = pipe_to(writing)
    reader.close()
    pipe.put("one")
    pipe.put("two")
    pipe.close()
    assert pipe.dropped == 2


def test_a_pipe_that_another_made_not_to_wait_loses_nothing(ends: tuple[BinaryIO, int]) -> None:
    reader, writing = ends
    os.set_blocking(writing, False)
    pipe = pipe_to(writing, most_bytes=100_000)
    for _ in range(200):
        pipe.put(LINE)
    lines: list[str] = []
    read = threading.Thread(target=lambda: lines.extend(reader.read().decode().splitlines()))
    read.start()
    pipe.close(within_s=10)
    os.close(writing)
    read.join()
    assert (lines.count(LINE), pipe.dropped) == (200, 0)


def test_text_that_is_no_text_is_written_all_the_same(ends: tuple[BinaryIO, int]) -> None:
    reader, writing = ends
    pipe = pipe_to(writing)
    pipe.put("half a character: \ud800")
    pipe.close()
    os.close(writing)
    assert reader.read() == b"half a character: \\ud800\n"
