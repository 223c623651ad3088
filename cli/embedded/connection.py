"""`connection.json`: how to reach a running embedded instance, for its owner only."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Connection:
    """`objects` is the folder of the pictures, `pids` the processes by name as they run now."""

    base_url: str
    api_key: str
    kafka_bootstrap_servers: str
    postgres_dsn: str
    objects: str
    pids: dict[str, int]

    def write(self, path: Path) -> None:
        """Readers see the old one or the new one, never half of it; nobody else may read it."""
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".connection-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=2)
        Path(name).replace(path)


def read_connection(path: Path) -> Connection | None:
    """None when there is none, or none that can be read."""
    try:
        return Connection(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
