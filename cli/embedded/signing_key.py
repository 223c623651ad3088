"""The key that signs the access tokens of an embedded instance: made once, kept beside the data."""

import base64
import secrets
from pathlib import Path
from typing import Final

from cli.embedded.private_file import read_private, write_private

# RFC 8410, section 7: what stands before the 32 random bytes of an Ed25519 key in PKCS #8. Those
# bytes are all that there is to making one; a library for it would double what supervises.
_ED25519: Final = bytes.fromhex("302e020100300506032b657004220420")
_BEGIN, _END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"


def keep_signing_key(file: Path) -> None:
    """Makes one where there is none; tokens of an earlier start are good as long as they live."""
    if not read_private(file).startswith(_BEGIN):
        body = base64.b64encode(_ED25519 + secrets.token_bytes(32)).decode()
        write_private(file, f"{_BEGIN}\n{body}\n{_END}\n")
