"""The manifests of the repository as they were written, and what they say of topics and rights."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from topics.access import Grant

FOLDER = Path(__file__).parents[3] / "strimzi"
LIST = "kustomization.yaml"

Manifest = dict[str, Any]


def read_all(path: Path) -> list[Manifest]:
    """The documents of one file."""
    return [found for found in yaml.safe_load_all(path.read_text(encoding="utf-8")) if found]


def read(path: Path) -> Manifest:
    """The only document of a file."""
    [manifest] = read_all(path)
    return manifest


def listed(folder: str) -> list[str]:
    """What the kustomization of a folder takes in."""
    resources: list[str] = read(FOLDER / folder / LIST)["resources"]
    return resources


def files_in(folder: str) -> list[Path]:
    """All but the kustomization."""
    return sorted(path for path in (FOLDER / folder).iterdir() if path.name != LIST)


def resource_files() -> list[Path]:
    """Files of resources, not of patches."""
    folders = ("topics", "users")
    written = [path for folder in folders for path in files_in(folder)]
    named = [
        FOLDER / at / name for at in ("base", "production", "development") for name in listed(at)
    ]
    return written + [path for path in named if path.is_file()]


def grants_in(user: Manifest) -> Iterator[Grant]:
    """The rules of a KafkaUser in the words of the access table."""
    patterns: dict[str, Any] = {"literal": "literal", "prefix": "prefixed"}
    for rule in user["spec"]["authorization"]["acls"]:
        assert rule.keys() == {"resource", "operations"}
        of = rule["resource"]
        yield Grant(
            user["metadata"]["name"], of["type"], of["name"], patterns[of["patternType"]],
            tuple(rule["operations"]),
        )  # fmt: skip
