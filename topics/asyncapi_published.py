"""The committed AsyncAPI document as package data, for whoever shows it."""

from importlib import resources


def published_text() -> str:
    """JSON."""
    return (resources.files("topics") / "asyncapi.json").read_text(encoding="utf-8")
