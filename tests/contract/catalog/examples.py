"""The example records of the repository, as records."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from topics.records import Record

FOLDER = Path(__file__).parents[3] / "schemas" / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """One file; `reason` is empty for a valid one, `topic` is the home of its event."""

    topic: str
    name: str
    reason: str
    key: str
    headers: dict[str, str]
    body: Any

    def record(self, topic: str) -> Record:
        headers = tuple((name, value.encode()) for name, value in self.headers.items())
        return Record(topic, 0, 0, 0, self.key.encode(), json.dumps(self.body).encode(), headers)

    def __str__(self) -> str:
        return f"{self.topic}/{self.name}"


def all_examples() -> list[Example]:
    return [_read(path) for path in sorted(FOLDER.glob("*/*.json"))]


def _read(path: Path) -> Example:
    found = {"reason": ""} | json.loads(path.read_text(encoding="utf-8"))
    return Example(topic=path.parent.name, name=path.stem, **found)
