"""Log lines that somebody should look at, on their way to OpenTelemetry too."""

import time
from typing import Any, Final

from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.trace import NonRecordingSpan, set_span_in_context
from structlog.types import EventDict

from telemetry.otel_recorder import to_sdk
from telemetry.traces import current_trace

_SEVERITIES: Final = {
    "warning": SeverityNumber.WARN,
    "error": SeverityNumber.ERROR,
    "critical": SeverityNumber.FATAL,
}
_EXPORTERS: Final = ("azure", "opentelemetry", "urllib3", "requests", "grpc")
_NAMES: Final = frozenset({"event", "level", "timestamp"})
_LONGEST: Final = 8192


class LogExport:
    """A step of structlog's: passes every line on unchanged, and copies those of level warning and
    above. What the exporters themselves complain of is not copied: it would be without end."""

    def __init__(self, provider: LoggerProvider) -> None:
        self._logger = provider.get_logger("image-analyzer")

    def __call__(self, _: Any, __: str, event: EventDict) -> EventDict:
        severity = _SEVERITIES.get(str(event.get("level")))
        module = str(event.get("module", ""))
        if severity is not None and module.partition(".")[0] not in _EXPORTERS:
            self._copy(event, severity)
        return event

    def _copy(self, event: EventDict, severity: SeverityNumber) -> None:
        here = current_trace()
        self._logger.emit(
            timestamp=time.time_ns(),
            severity_number=severity,
            severity_text=str(event["level"]).upper(),
            body=str(event.get("event", ""))[:_LONGEST],
            attributes={name: _plain(event[name]) for name in event if _is_told(name)},
            context=None if here is None else set_span_in_context(NonRecordingSpan(to_sdk(here))),
        )


def _is_told(name: str) -> bool:
    return name not in _NAMES and not name.startswith("_")


def _plain(value: object) -> str | int | float | bool:
    return value if isinstance(value, int | float | bool) else str(value)[:_LONGEST]
