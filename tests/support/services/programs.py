"""Where each server's programs are on this machine; NotInstalledError when they are not."""

import os
import shutil
from pathlib import Path

from tests.support.services.cache import cache_folder

KAFKA_VERSION = "4.3.1"


class NotInstalledError(RuntimeError):
    """A server cannot be started here; the message begins with `not installed:` and says why."""

    def __init__(self, what: str) -> None:
        super().__init__(f"not installed: {what} (python -m tests.support.services.install)")


def kafka_folder() -> Path:
    return cache_folder() / f"kafka-{KAFKA_VERSION}"


def kafka_class_path() -> str:
    if not kafka_folder().is_dir():
        raise NotInstalledError(f"Apache Kafka {KAFKA_VERSION}")
    return str(kafka_folder() / "*")


def java() -> Path:
    """The Java of JAVA_HOME, else of PATH."""
    home = os.environ.get("JAVA_HOME")
    return on_path("java", in_folder=Path(home) / "bin" if home else None)


def redis_server() -> Path:
    return on_path("redis-server")


def rclone() -> Path:
    return on_path("rclone")


def clamd() -> Path:
    """Debian puts it where PATH may not lead."""
    folder = Path("/usr/sbin")
    return on_path("clamd", in_folder=folder if (folder / "clamd").is_file() else None)


def clamdscan() -> Path:
    return on_path("clamdscan")


def postgres_program(name: str) -> Path:
    """`initdb`, `postgres`, …: of the newest version that Debian's packages put, else of PATH."""
    folders = [found.parent for found in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    newest = max(folders, key=lambda folder: _major_version(folder.parent.name), default=None)
    return on_path(name, in_folder=newest)


def on_path(name: str, in_folder: Path | None = None) -> Path:
    found = shutil.which(name, path=None if in_folder is None else str(in_folder))
    if found is None:
        raise NotInstalledError(name)
    return Path(found).absolute()  # unresolved: redis-server is a link to a program of many names


def _major_version(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return 0.0
