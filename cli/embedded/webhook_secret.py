"""What the webhook secrets of an embedded instance are derived from: made once, kept beside the
data, so that what receivers know is good after a restart."""

import secrets
from pathlib import Path

from cli.embedded.private_file import read_private, write_private

_BYTES = 32


def keep_webhook_secret(file: Path) -> None:
    """Makes one where there is none."""
    if len(read_private(file).strip()) < _BYTES:
        write_private(file, f"{secrets.token_hex(_BYTES)}\n")
