"""The committed JSON Schemas (2020-12) as package data, for whoever checks documents by them."""

import json
from functools import cache
from importlib import resources
from typing import Any

JsonSchema = dict[str, Any]


def load(name: str, version: int = 1) -> JsonSchema:
    """The schema of `image-analyzed`, say; a new dictionary each time.

    Raises FileNotFoundError for a name or version that is not published.
    """
    loaded: JsonSchema = json.loads(_text(f"{name}.v{version}.json"))
    return loaded


@cache
def _text(file_name: str) -> str:
    return (resources.files("schemas") / "json" / file_name).read_text(encoding="utf-8")
