"""The API key of an embedded instance: minted once, kept beside the data it opens."""

from pathlib import Path

from cli.embedded.private_file import read_private, write_private
from storage.key_format import is_well_formed, mint_api_key


def demo_key(file: Path) -> str:
    """The key in the file, readable by its owner only; a new one when there is no good one."""
    known = read_private(file).strip()
    if is_well_formed(known):
        return known
    key = mint_api_key()
    write_private(file, f"{key}\n")
    return key
