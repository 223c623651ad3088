"""docs/security.md names tests: each of them exists, and each of OWASP's ten has one."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`(tests/[\w/.-]+)(?:::(\w+))?`")
_ROW = re.compile(r"^\| (API\d+) [^|]*\|([^|]*)\|([^|]*)\|$", re.MULTILINE)
ROWS = {name: (controls, tests) for name, controls, tests in _ROW.findall(PAGE)}


@cache
def names_in(file: Path) -> frozenset[str]:
    """Functions that pytest would collect, of the module and of its classes."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    nodes = [*tree.body, *(inner for one in classes for inner in one.body)]
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


@pytest.mark.parametrize(("path", "name"), sorted(set(_NAMED.findall(PAGE))))
def test_a_test_that_is_named_is_there(path: str, name: str) -> None:
    named = ROOT / path
    assert named.exists()
    if name:
        assert name in names_in(named)
    elif named.suffix == ".py" and named.name.startswith("test_"):
        assert names_in(named)


@pytest.mark.parametrize("number", range(1, 11))
def test_each_of_the_ten_names_controls_and_single_tests(number: int) -> None:
    controls, tests = ROWS[f"API{number}"]
    assert controls.strip()
    named = _NAMED.findall(tests)
    assert named
    assert all(name for _, name in named), "a test, not a file of them"


def test_there_are_no_others() -> None:
    assert len(ROWS) == 10
    assert len(_NAMED.findall(PAGE)) > 40
