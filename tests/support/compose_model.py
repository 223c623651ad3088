"""docker-compose.yml as Compose reads it: anchors merged, variables replaced by what .env says or
by their defaults, variables without a value left out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
OUR_IMAGE = "ai-image-analyzer"
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\})")


@dataclass(frozen=True, slots=True)
class Service:
    """`environment` is what its processes see, secrets as `_FILE` paths; `said` is all of it."""

    name: str
    command: tuple[str, ...]
    entrypoint: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    said: Mapping[str, Any]

    @property
    def is_ours(self) -> bool:
        return str(self.said["image"]).startswith(f"{OUR_IMAGE}:")

    @property
    def lasts(self) -> bool:
        """Not one of those that do something once and end."""
        return str(self.said["restart"]) != "no"


def read_compose(dot_env: Mapping[str, str] | None = None) -> dict[str, Service]:
    """Every service, of whatever profile. `dot_env` is what .env has."""
    given = dict(dot_env or {})
    document = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    services = _replaced(document["services"], given)
    return {name: _service(name, said, given) for name, said in services.items()}


def variables_of_dot_env() -> set[str]:
    """What docker-compose.yml asks .env for."""
    text = COMPOSE.read_text(encoding="utf-8")
    named = {found["name"] for found in _VARIABLE.finditer(text) if found["name"]}
    services = yaml.safe_load(text)["services"].values()
    return named | {
        name
        for service in services
        for name, value in service.get("environment", {}).items()
        if value is None
    }


def _service(name: str, said: Mapping[str, Any], given: Mapping[str, str]) -> Service:
    environment = {
        variable: given.get(variable) if value is None else str(value)
        for variable, value in said.get("environment", {}).items()
    }
    return Service(
        name=name,
        command=_words(said.get("command", ())),
        entrypoint=_words(said.get("entrypoint", ())),
        environment={name: value for name, value in environment.items() if value is not None},
        secrets=_words(said.get("secrets", ())),
        said=said,
    )


def _words(said: Any) -> tuple[str, ...]:
    return tuple(str(word) for word in said)


def _replaced(node: Any, given: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: _replaced(value, given) for name, value in node.items()}
    if isinstance(node, list):
        return [_replaced(value, given) for value in node]
    if isinstance(node, str):
        return _VARIABLE.sub(lambda found: _value(found, given), node)
    return node


def _value(found: re.Match[str], given: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    return given.get(found["name"]) or found["default"] or ""
