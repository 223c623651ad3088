"""What is declared is counted somewhere, and nothing else is."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.metrics import declared
from tests.support.log_calls import PACKAGES

DECLARED = dict(declared())
NOT_METRICS = {"registry", "render", "exposition"}
"""What else an object of Metrics has."""


@functools.cache
def used() -> dict[str, set[str]]:
    """Attributes of anything called `metrics`, by where they are."""
    found: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in Path(package).rglob("*.py"):
            for name in _of_metrics(ast.parse(path.read_text())):
                found.setdefault(name, set()).add(str(path))
    return found


def _of_metrics(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            whose = node.value
            name = whose.id if isinstance(whose, ast.Name) else getattr(whose, "attr", "")
            if name in {"metrics", "_metrics"}:
                yield node.attr


@pytest.mark.parametrize("attribute", DECLARED)
def test_what_is_declared_is_counted(attribute: str) -> None:
    assert used().get(attribute), f"nobody counts {DECLARED[attribute].name}"


def test_nothing_is_counted_that_is_not_declared() -> None:
    unknown = {name: paths for name, paths in used().items() if name not in DECLARED}
    assert set(unknown) <= NOT_METRICS, unknown
