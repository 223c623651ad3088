"""What two servers in a row could read differently is refused (request smuggling), and what only
old or odd clients send."""

import httptools

from ingest_api.errors import HOST_INVALID, REQUEST_MALFORMED, RefusedError

_VERSIONS = frozenset({"1.0", "1.1"})


def check_head(version: str, target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    """The head of a request, complete. Raises RefusedError."""
    if version not in _VERSIONS:
        raise _malformed("the version of HTTP is not 1.0 or 1.1")
    encodings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    if encodings and (encodings != [b"chunked"] or version == "1.0"):
        raise _malformed("Transfer-Encoding may only be chunked")
    if not target.startswith((b"/", b"*")):
        _check_absolute(target, headers)


def announced_size(headers: list[tuple[bytes, bytes]], unknown: int) -> int:
    """What Content-Length says (the parser has seen that it is a number), else `unknown`."""
    return next((int(value) for name, value in headers if name == b"content-length"), unknown)


def _check_absolute(target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    """`GET http://name/path`: the name there and the Host must be one."""
    try:
        found = httptools.parse_url(target)
    except httptools.HttpParserInvalidURLError:
        raise _malformed("the target is no path") from None
    port = b"" if found.port is None else b":%d" % found.port
    host = [value.lower() for name, value in headers if name == b"host"]
    if found.host is None or host != [found.host.lower() + port]:
        raise RefusedError(refusal=HOST_INVALID, field="Host")


def _malformed(detail: str) -> RefusedError:
    return RefusedError(refusal=REQUEST_MALFORMED, detail=detail)
