"""Where the embedded mode keeps everything, and what lies where in it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DataFolder:
    """All of it may be deleted while nothing runs: the next start begins from nothing."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def annotated(self) -> Path:
        return self.root / "annotated"

    @property
    def api_key(self) -> Path:
        return self.root / "api_key"

    @property
    def signing_key(self) -> Path:
        return self.root / "signing_key.pem"

    @property
    def webhook_secret(self) -> Path:
        return self.root / "webhook_secret"

    @property
    def connection(self) -> Path:
        return self.root / "connection.json"

    @property
    def lock(self) -> Path:
        return self.root / ".lock"

    def log(self, name: str) -> Path:
        return self.root / "logs" / f"{name}.log"

    def make(self) -> None:
        """The pictures are for their owner's eyes; PostgreSQL guards its own folder."""
        for folder in (self.root, self.root / "logs", self.annotated, self.postgres):
            folder.mkdir(parents=True, exist_ok=True)
        self.objects.mkdir(mode=0o700, exist_ok=True)


def default_data_folder(environment: Mapping[str, str] = os.environ) -> DataFolder:
    """`var/data` of the checkout when the code runs from one, else `ai-image-analyzer` below
    XDG_DATA_HOME or ~/.local/share."""
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "dev.sh").is_file():
        return DataFolder(checkout / "var" / "data")
    home = environment.get("XDG_DATA_HOME")
    return DataFolder((Path(home) if home else Path.home() / ".local/share") / "ai-image-analyzer")
