"""What people type as their name, as a digest: now and then it is their password."""

import hashlib
from typing import Final

from pydantic import SecretStr

_BYTES: Final = 16


class AccountNames:
    """The same digest for the same name in every process that signs with the same key; without that
    key nobody finds the name again by trying."""

    def __init__(self, signing_key: SecretStr) -> None:
        text = signing_key.get_secret_value().strip().encode()
        self._key = hashlib.sha256(b"names of accounts\0" + text).digest()

    def digest(self, *parts: str) -> str:
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._key, digest_size=_BYTES).hexdigest()
