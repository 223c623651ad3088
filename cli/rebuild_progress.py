"""How far a rebuild has come, kept in a file so that the next run goes on there."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from cli.exit_codes import ConfigurationError
from topics.positions import Positions, from_text
from topics.records import Record


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one log, which its identity names: another one has other records at the same places."""

    log_identity: str
    positions: Positions = field(default_factory=Positions)

    def after(self, records: Iterable[Record]) -> "Progress":
        positions = self.positions
        for record in records:
            positions = positions.after(record.topic, record.partition, record.offset)
        return replace(self, positions=positions)


def read_progress(path: Path, log_identity: str) -> Progress:
    """From the beginning when there is no such file. Raises ConfigurationError for a file of
    another log, or that holds something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        progress = Progress(str(found["log_identity"]), from_text(found["next_offsets"]))
    except FileNotFoundError:
        return Progress(log_identity)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"--progress {path}: is no progress of a rebuild") from error
    if progress.log_identity != log_identity:
        raise ConfigurationError(
            f"--progress {path}: is of another log than the broker has now; remove the file to "
            "begin anew"
        )
    return progress


def write_progress(path: Path, progress: Progress) -> None:
    """The whole of it or nothing."""
    beside = path.with_name(f"{path.name}.new")
    document = {
        "log_identity": progress.log_identity,
        "next_offsets": progress.positions.to_text(),
    }
    beside.write_text(json.dumps(document), encoding="utf-8")
    beside.replace(path)
