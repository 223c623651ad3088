"""What every answer tells browsers, whoever makes it."""

from ingest_api.contract_style import CONTRACT_CSP
from ingest_api.reference_page import REFERENCE_CSP
from ingest_api.settings import ApiSettings

_CLOSED_CSP = b"default-src 'none'; frame-ancestors 'none'"
_CSP_OF_PAGES = {"/docs": REFERENCE_CSP, "/asyncapi": CONTRACT_CSP}
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")

Headers = tuple[tuple[bytes, bytes], ...]


class SecurityHeaders:
    """For answers that do not set them themselves. TLS is declared by a `public_url` that begins
    with https."""

    def __init__(self, settings: ApiSettings) -> None:
        is_secure = (settings.public_url or "").startswith("https://")
        self._always: Headers = (*_HEADERS, _HSTS) if is_secure else _HEADERS

    def of(self, path: str) -> Headers:
        return ((b"content-security-policy", _CSP_OF_PAGES.get(path, _CLOSED_CSP)), *self._always)
