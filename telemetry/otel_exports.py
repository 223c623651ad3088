"""All that leaves a process by OpenTelemetry: one provider, a queue and a thread for each way."""

import os
import socket
import threading
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from telemetry.azure_monitor_settings import AzureMonitorSettings
from telemetry.export import ExportNotPossibleError
from telemetry.log_export import LogExport
from telemetry.otel_exporters import make_otlp_exporter
from telemetry.otel_recorder import OtelRecorder
from telemetry.spans import Tracer
from telemetry.trace_settings import TraceSettings


class OtelExports:
    """What is too much for a queue is dropped, the oldest first: who works waits for nothing."""

    def __init__(self, settings: TraceSettings, *, service_name: str) -> None:
        self._settings = settings
        self._resource = _resource(service_name)
        self._spans = TracerProvider(
            sampler=ALWAYS_ON,  # what is not sampled does not get here
            resource=self._resource,
            shutdown_on_exit=False,
        )
        self._closing: list[Callable[[], None]] = [self._spans.shutdown]
        recorder = OtelRecorder(self._spans, version=_version())
        self.tracer = Tracer(recorder, sample_ratio=settings.sample_ratio)
        self.log: LogExport | None = None

    def add_otlp(self) -> None:
        """Spans by OTLP. Raises ExportNotPossibleError."""
        self._add_spans_to(make_otlp_exporter(self._settings))

    def add_azure(self, azure: AzureMonitorSettings) -> None:
        """Spans and log lines to Azure Monitor. Raises ExportNotPossibleError."""
        try:
            from telemetry import azure_monitor  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise ExportNotPossibleError(
                "ANALYZER_AZURE_MONITOR__CONNECTION_STRING", f"needs the azure extra: {error}"
            ) from error
        self._add_spans_to(azure_monitor.make_span_exporter(azure, self._settings))
        logs = LoggerProvider(resource=self._resource, shutdown_on_exit=False)
        logs.add_log_record_processor(
            BatchLogRecordProcessor(
                azure_monitor.make_log_exporter(azure, self._settings),
                max_queue_size=self._settings.queue_size,
                schedule_delay_millis=self._settings.every_s * 1000,
                max_export_batch_size=self._settings.batch_size,
            )
        )
        self._closing.append(logs.shutdown)
        self.log = LogExport(logs)

    def close(self, *, within_s: float) -> None:
        """What waits has so long to leave; then threads that still try are left to die with the
        process."""
        threads = [
            threading.Thread(target=close, name="telemetry-flush", daemon=True)
            for close in self._closing
        ]
        for thread in threads:
            thread.start()
        until = time.monotonic() + within_s
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _add_spans_to(self, exporter: SpanExporter) -> None:
        self._spans.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=self._settings.queue_size,
                schedule_delay_millis=self._settings.every_s * 1000,
                max_export_batch_size=self._settings.batch_size,
            )
        )


def _resource(service_name: str) -> Resource:
    """What all telemetry of this process says of where it comes from."""
    host, pid = socket.gethostname(), os.getpid()
    return Resource(
        {
            "service.name": service_name,
            "service.namespace": "image-analyzer",
            "service.version": _version(),
            "service.instance.id": f"{host}-{pid}",
            "host.name": host,
            "process.pid": pid,
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": version("opentelemetry-sdk"),
        }
    )


def _version() -> str:
    try:
        return version("ai-image-analyzer")
    except PackageNotFoundError:  # it runs from its folder
        return "0"
