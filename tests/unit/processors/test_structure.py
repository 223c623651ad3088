"""Only the guard consumes: every other way of reading a Faust stream loses messages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import processors

FOLDER = Path(processors.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
GUARDS = {FOLDER / "guard.py", FOLDER / "faust_consumer.py"}


def faults(source: str, *, is_guard: bool = False) -> list[str]:
    return [found for node in ast.walk(ast.parse(source)) for found in _faults(node, is_guard)]


def _faults(node: ast.AST, is_guard: bool) -> Iterator[str]:
    if isinstance(node, ast.AsyncFor) and isinstance(node.iter, ast.Name):
        yield f"{node.lineno}: async for … in {node.iter.id}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if name in {"take", "take_events", "noack"} and _looks_like_a_stream(node.func.value):
            yield f"{node.lineno}: .{name}("
        if name in {"noack_take", "ack", "acknowledge"} and not is_guard:
            yield f"{node.lineno}: .{name}( outside of the guard"
    if isinstance(node, ast.keyword) and node.arg in {"concurrency", "isolated_partitions"}:
        yield f"{node.lineno}: {node.arg}="


def _looks_like_a_stream(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and "stream" in node.id


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_nothing_but_the_guard_consumes(file: Path) -> None:
    assert faults(file.read_text(encoding="utf-8"), is_guard=file in GUARDS) == []


@pytest.mark.parametrize(
    "source",
    [
        "async def agent(stream):\n    async for event in stream:\n        pass",
        "async def agent(stream):\n    async for event in stream.take(10, within=1):\n        pass",
        "async def agent(stream):\n    await stream.ack(event)",
        "async def f(s):\n    async for e in s.noack_take(1, within=None):\n        pass",
        "app.agent(topic, concurrency=4)(consume)",
        "app.agent(topic, isolated_partitions=True)(consume)",
    ],
)
def test_the_test_finds_what_it_looks_for(source: str) -> None:
    assert faults(source) != []


def test_only_one_file_makes_agents_and_one_makes_applications() -> None:
    texts = {file.name: file.read_text(encoding="utf-8") for file in FILES}
    assert [name for name, text in texts.items() if ".agent(" in text] == ["guard.py"]
    assert [name for name, text in texts.items() if "faust.App):" in text] == ["faust_app.py"]
