"""The API key of an embedded instance: minted once, kept beside the data it opens."""

import os
from pathlib import Path

from storage.key_format import is_well_formed, mint_api_key


def demo_key(file: Path) -> str:
    """The key in the file, readable by its owner only; a new one when there is no good one."""
    try:
        known = file.read_text(encoding="utf-8").strip()
    except OSError:
        known = ""
    if is_well_formed(known):
        file.chmod(0o600)
        return known
    key = mint_api_key()
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(f"{key}\n")
    return key
