"""Secrets of receivers, derived: nothing that could sign is kept in a database.

HKDF with SHA-256 (RFC 5869): the same master secret, tenant and version give the same 32 bytes.
"""

import base64
from collections.abc import Sequence

_BYTES = 32
_INFO = "image-analyzer webhooks\x00{}\x00{}"
PREFIX = "whsec_"


class SecretSource:
    """Hole: whoever has the master secret has every tenant's, also those of earlier versions."""

    def __init__(self, master_secret: str) -> None:
        self._master = master_secret.encode()

    def secret(self, tenant_id: str, version: int) -> bytes:
        from Crypto.Hash import SHA256  # noqa: PLC0415 - 2 MB, for whoever signs
        from Crypto.Protocol.KDF import HKDF  # noqa: PLC0415 - as above

        about = _INFO.format(tenant_id, version).encode()
        derived = HKDF(self._master, _BYTES, b"", SHA256, context=about)
        if not isinstance(derived, bytes):
            raise TypeError("one key was asked for")
        return derived

    def signing(self, tenant_id: str, version: int, *, previous_too: bool) -> Sequence[bytes]:
        """The secrets that sign now, the newest first."""
        versions = [version, version - 1] if previous_too and version > 1 else [version]
        return [self.secret(tenant_id, each) for each in versions]


def shown(secret: bytes) -> str:
    """As receivers configure it: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secret).decode()
