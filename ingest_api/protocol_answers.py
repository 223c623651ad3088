"""Answers of the protocol itself, to what never becomes a request of the application."""

from ingest_api.errors import RefusedError
from ingest_api.problems import MEDIA_TYPE, to_problem
from ingest_api.security_headers import Headers
from telemetry.logs import get_logger
from telemetry.traces import new_trace

_log = get_logger(__name__)
_PHRASES = {
    400: b"Bad Request",
    408: b"Request Timeout",
    414: b"URI Too Long",
    431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}


def answer_to(refused: RefusedError, address: str | None, headers: Headers) -> bytes:
    """A whole response, the last one of its connection; it is logged under its trace id."""
    trace_id = new_trace().trace_id
    status, code = refused.refusal.status, refused.refusal.code
    _log.info("request_cut_off", status=status, code=code, client=address, trace_id=trace_id)
    body = to_problem(refused, trace_id=trace_id).model_dump_json(exclude_none=True).encode()
    lines = [
        b"HTTP/1.1 %d %s" % (status, _PHRASES[status]),
        b"content-type: " + MEDIA_TYPE.encode(),
        b"content-length: %d" % len(body),
        b"connection: close",
        b"x-trace-id: " + trace_id.encode(),
        *_retry_after(refused),
        *(name + b": " + value for name, value in headers),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _retry_after(refused: RefusedError) -> list[bytes]:
    return [] if refused.retry_after_s is None else [b"retry-after: %d" % refused.retry_after_s]
