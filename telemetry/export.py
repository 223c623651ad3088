"""Whether this process exports telemetry, and the way out while it does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from telemetry.azure_monitor_settings import AzureMonitorSettings
from telemetry.spans import UNTRACED, Tracer
from telemetry.trace_settings import TraceSettings


class ExportNotPossibleError(Exception):
    """It is switched on and cannot be: `setting` is to be changed."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(reason)
        self.setting = setting


@dataclass(frozen=True, slots=True)
class Exports:
    """`log` is a step of structlog's that copies lines on their way, and never waits."""

    tracer: Tracer = UNTRACED
    log: structlog.types.Processor | None = None


@contextmanager
def exporting(
    traces: TraceSettings, azure: AzureMonitorSettings, *, process: str
) -> Iterator[Exports]:
    """Inside, telemetry goes where the settings say; where they say nothing, nothing of
    OpenTelemetry is even imported. At the end what still waits has `flush_s` to leave.

    Nothing is connected here, and no receiver that is gone, slow or wrong is anybody's error.
    Raises ExportNotPossibleError.
    """
    if traces.endpoint is None and azure.connection_string is None:
        yield Exports()
        return
    from telemetry.otel_exports import OtelExports  # noqa: PLC0415 - it takes 15 MB

    exports = OtelExports(traces, service_name=traces.service_name or f"image-analyzer-{process}")
    if traces.endpoint is not None:
        exports.add_otlp()
    if azure.connection_string is not None:
        exports.add_azure(azure)
    try:
        yield Exports(exports.tracer, exports.log)
    finally:
        exports.close(within_s=traces.flush_s)
