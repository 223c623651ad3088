"""Ends of the two loggers, ours and the standard library's: both hand lines to one writer."""

import logging
from collections.abc import Callable
from typing import TextIO

Put = Callable[[str], None]
"""Takes a line, without its end."""


class LineLogger:
    """What structlog calls when a line is rendered, by the name of its level."""

    def __init__(self, put: Put) -> None:
        self._put = put

    def msg(self, line: str) -> None:
        self._put(line)

    debug = info = warning = error = critical = msg


class LineHandler(logging.Handler):
    """For the libraries."""

    def __init__(self, put: Put) -> None:
        super().__init__()
        self._put = put

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._put(self.format(record))
        except Exception:  # noqa: BLE001 - as every handler does: a line is not worth a process
            self.handleError(record)


def straight_to(stream: TextIO) -> Put:
    """For a command, which has nothing to do but to wait for whoever reads it."""

    def put(line: str) -> None:
        stream.write(line + "\n")
        stream.flush()

    return put
