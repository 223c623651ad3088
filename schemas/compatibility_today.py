"""What the repository publishes at this moment, beside what it has released."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.compatibility_directions import DIRECTIONS, Direction
from schemas.compatibility_shapes import without_words
from schemas.generate import MODELS
from schemas.json_schemas import load
from schemas.releases import Json, Releases

EXAMPLES: Final = Path(__file__).parent / "examples"


@dataclass(frozen=True, slots=True)
class Today:
    """By name: the committed schemas, the valid examples of events, the directions."""

    schemas: Mapping[str, Json]
    examples: Mapping[str, Json]
    directions: Mapping[str, frozenset[Direction]]

    def has_new_schema(self, name: str, releases: Releases) -> bool:
        """Whether it says anything that its newest release does not; words do not count."""
        known = releases.schemas(name)
        return not known or without_words(known[max(known)]) != without_words(self.schemas[name])

    def has_new_example(self, name: str, releases: Releases) -> bool:
        example = self.examples.get(name)
        return example is not None and example not in releases.examples(name).values()


def read_today() -> Today:
    paths = {name: EXAMPLES / name / "valid.json" for name in MODELS}
    return Today(
        schemas={name: load(name) for name in MODELS},
        examples={
            name: json.loads(path.read_text(encoding="utf-8"))
            for name, path in paths.items()
            if path.exists()
        },
        directions=DIRECTIONS,
    )
