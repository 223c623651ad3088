"""Random passwords and keys, kept beside the data they open."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path


def _secret() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Credentials:
    """New ones each time it is made; letters and digits only, so they need no quoting."""

    kafka_secret: str = field(default_factory=_secret, repr=False)
    postgres_password: str = field(default_factory=_secret, repr=False)
    redis_password: str = field(default_factory=_secret, repr=False)
    s3_access_key: str = field(default_factory=_secret)
    s3_secret_key: str = field(default_factory=_secret, repr=False)

    @classmethod
    def kept_in(cls, folder: Path) -> "Credentials":
        """Those of this folder's data, so that it opens again; new ones in a new folder."""
        file = folder / "credentials.json"
        if file.exists():
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        made = cls()
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(made)), encoding="utf-8")
        return made
