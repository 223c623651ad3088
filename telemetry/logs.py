"""JSON lines: one event a fact, with request id and trace id bound where the work enters."""

import logging
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Literal, TextIO

import structlog
from pydantic import BaseModel, ConfigDict, Field
from structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    clear_contextvars,
    get_contextvars,
)

from telemetry.log_pipe import LogPipe, Note
from telemetry.log_writers import LineHandler, LineLogger, Put, straight_to

__all__ = [
    "LogSettings",
    "bind_contextvars",
    "bound_contextvars",
    "configure_command_logs",
    "configure_logs",
    "flush_logs",
    "get_logger",
    "log_pipe",
    "names_of_one_request",
]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_QUIET = ("aiokafka", "faust", "mode", "uvicorn.access", "httpx", "httpcore", "pebble", "urllib3",
          "azure", "opentelemetry")  # fmt: skip


class LogSettings(BaseModel):
    """Lines that nobody reads wait, `queue_bytes` of them at most; what is more is dropped, counted
    in `analyzer_log_lines_dropped_total`, and told in the log when it goes on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"
    queue_bytes: Annotated[int, Field(ge=1000)] = 4_000_000


def configure_command_logs() -> None:
    """For a command whose standard output is its answer: what goes wrong inside goes to standard
    error, and nothing else is said."""
    configure_logs(LogSettings(level="error", format="text"), process="command", to=sys.stderr)


def configure_logs(
    settings: LogSettings,
    *,
    process: str,
    to: TextIO | None = None,
    also: structlog.types.Processor | None = None,
) -> None:
    """Send our own lines and those of the libraries through one formatter, to standard output
    unless told otherwise. `also` sees every line before it is written.

    Nobody waits for whoever reads standard output: what is too much is dropped, counted and told.
    """
    stream = to or sys.stdout
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _process_name(process),
        structlog.processors.format_exc_info,
        *([] if also is None else [also]),
    ]
    written: list[structlog.types.Processor] = (
        [structlog.processors.JSONRenderer()]
        if settings.format == "json"
        else [_on_one_line, structlog.dev.ConsoleRenderer(colors=stream.isatty())]
    )
    level = getattr(logging, settings.level.upper())
    put = straight_to(to) if to else _out(settings, _note_of([*shared[1:], *written]))
    structlog.configure(
        processors=[*shared, *written],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: LineLogger(put),
        cache_logger_on_first_use=True,
    )
    handler = LineHandler(put)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_module_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *written],
        )
    )
    for library in ("aiokafka", "azure", "opentelemetry"):
        handler.addFilter(RepeatFilter(library))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


_pipe: LogPipe | None = None


def log_pipe() -> LogPipe | None:
    """The way of this process's lines to its standard output, when that is a file of the system."""
    return _pipe


def flush_logs() -> None:
    """Before a process ends by itself without its clean-up; waits two seconds at most."""
    if _pipe is not None:
        _pipe.close()


def _out(settings: LogSettings, note: Note) -> Put:
    global _pipe  # noqa: PLW0603 - a process has one standard output, whoever configures its logs
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # somebody has put an object of Python's in its place
        return straight_to(sys.stdout)
    if _pipe is None or _pipe.is_closed:
        _pipe = LogPipe(descriptor)
    _pipe.note, _pipe.most_bytes = note, settings.queue_bytes
    return _pipe.put


def _note_of(processors: Sequence[structlog.types.Processor]) -> Note:
    """The line about lines that are missing; it concerns no request, so nothing is bound to it."""

    def note(dropped: int) -> str:
        event: Any = {"event": "log_lines_dropped", "count": dropped, "module": __name__}
        for process in processors:
            event = process(None, "warning", event)
        return str(event)

    return note


class RepeatFilter(logging.Filter):
    """Lets the same template of a library's loggers through once in ten seconds: a broker that is
    gone makes aiokafka write about ninety error lines a second. For a handler: the filter of a
    logger does not see what its children write."""

    def __init__(self, library: str, every_s: float = 10.0) -> None:
        super().__init__(library)
        self._every_s = every_s
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not super().filter(record):
            return True
        template = str(record.msg)[:80]
        if record.created - self._last.get(template, 0.0) < self._every_s:
            return False
        if len(self._last) > 200:
            self._last.clear()
        self._last[template] = record.created
        return True


@contextmanager
def names_of_one_request(**names: str) -> Iterator[None]:
    """Inside, lines have these names, and those that are bound meanwhile; afterwards none of
    them."""
    before = get_contextvars()
    bind_contextvars(**names)
    try:
        yield
    finally:
        clear_contextvars()
        bind_contextvars(**before)


def get_logger(name: str) -> Any:
    return structlog.get_logger(module=name)


def _process_name(process: str) -> structlog.types.Processor:
    def add(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        event["process"] = process
        return event

    return add


def _module_name(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Which logger of a library spoke, under the name that our own lines have."""
    event["module"] = event["_record"].name
    return event


def _on_one_line(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """As JSON does by itself: nobody's text begins a line or colours a terminal. A traceback
    keeps its lines."""
    for name, value in event.items():
        if isinstance(value, str) and name != "exception":
            event[name] = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], value)
    return event
