"""What is asked of the folder that stands for a bucket, before a start."""

import os
from pathlib import Path
from typing import Final

from storage.errors import MisconfiguredError

MAKE_BUCKET: Final = "run `image-analyzer bucket create`"


def check_folder(folder: Path) -> None:
    """Raises MisconfiguredError."""
    if not folder.is_dir():
        raise MisconfiguredError(
            "bucket", f"there is no folder {folder}; {MAKE_BUCKET}, or mount it"
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        problem = f"this process may not write to {folder}; change its owner or mode"
        raise MisconfiguredError("bucket", problem)
