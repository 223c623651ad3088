"""OTLP's exporters of spans, over gRPC and HTTP."""

from pathlib import Path

from opentelemetry.sdk.trace.export import SpanExporter

from telemetry.export import ExportNotPossibleError
from telemetry.trace_settings import TraceSettings


def make_otlp_exporter(settings: TraceSettings) -> SpanExporter:
    """Connects when there is something to send."""
    return _make_http(settings) if settings.protocol == "http" else _make_grpc(settings)


def _make_http(settings: TraceSettings) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http import Compression  # noqa: PLC0415 - one of two
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - as above
        OTLPSpanExporter,
    )

    certificate = settings.certificate_file
    return OTLPSpanExporter(
        endpoint=f"{settings.endpoint}/v1/traces",
        certificate_file=None if certificate is None else str(certificate),
        headers=settings.header_pairs,
        timeout=settings.timeout_s,
        compression=Compression.Gzip,
    )


def _make_grpc(settings: TraceSettings) -> SpanExporter:
    from grpc import Compression, ssl_channel_credentials  # noqa: PLC0415 - one of two
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415 - as above
        OTLPSpanExporter,
    )

    certificate = settings.certificate_file
    roots = None if certificate is None else _read(certificate)
    is_plain = (settings.endpoint or "").startswith("http://")
    return OTLPSpanExporter(
        endpoint=settings.endpoint,
        insecure=is_plain,
        credentials=None if is_plain else ssl_channel_credentials(root_certificates=roots),
        headers=settings.header_pairs,
        timeout=settings.timeout_s,
        compression=Compression.Gzip,
    )


def _read(certificate: Path) -> bytes:
    try:
        return certificate.read_bytes()
    except OSError as error:
        raise ExportNotPossibleError(
            "ANALYZER_TRACES__CERTIFICATE_FILE", f"cannot read {certificate}: {error.strerror}"
        ) from error
