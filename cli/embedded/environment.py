"""What the embedded processes find in their environment."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.data_folder import DataFolder
from cli.embedded.child import Program

_OURS_TO_SET = (
    "ANALYZER_KAFKA__",
    "ANALYZER_POSTGRES__DSN",
    "ANALYZER_BUCKET__",
    "ANALYZER_REDIS__",
    "ANALYZER_KEY_VAULT_URL",
)


def process_environment(
    base: Mapping[str, str], folder: DataFolder, *, broker: str, dsn: str, api_port: int
) -> dict[str, str]:
    """`base` without what would lead to other servers, plus where ours are. Everything else that
    somebody has set, they get: `ANALYZER_WORKER__CHILDREN=1` works here too."""
    kept = {name: text for name, text in base.items() if not name.startswith(_OURS_TO_SET)}
    return {
        "ANALYZER_API__SECRET": secrets.token_hex(32),
        # The embedded broker lets every group wait for half of this before it has its partitions.
        "ANALYZER_WORKER__SESSION_TIMEOUT_S": "3",
        **kept,
        "ANALYZER_KAFKA__BOOTSTRAP_SERVERS": broker,
        "ANALYZER_KAFKA__FETCH_MAX_WAIT_MS": "10",  # the embedded broker does not wake a fetch
        "ANALYZER_POSTGRES__DSN": dsn,
        "ANALYZER_BUCKET__FOLDER": str(folder.objects),
        "ANALYZER_API__HOST": "127.0.0.1",
        "ANALYZER_API__PORT": str(api_port),
    }


def python_program(
    name: str, arguments: tuple[str, ...], environment: Mapping[str, str], log: Path
) -> Program:
    """One of our own commands, from the code that runs here; the folder it is started in adds
    nothing to the import path."""
    argv = (sys.executable, "-P", "-m", "cli.main", *arguments)
    code = str(Path(__file__).resolve().parents[2])
    known = environment.get("PYTHONPATH")
    path = code if not known else os.pathsep.join((code, known))
    return Program(name, argv, {**environment, "PYTHONPATH": path}, log)
