"""Where a check is told to look away a reason stands beside it; the checks of security are on."""

import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.supply_chain.locks import ROOT

_FOLDERS = ("benchmarks", "cli", "examples", "ingest_api", "models", "outbound", "processors",
            "schemas", "storage", "telemetry", "tests", "topics")  # fmt: skip
_LOOKS_AWAY = re.compile(r"#\s*(?:noqa|type:\s*ignore|nosec|pragma:\s*no cover)", re.IGNORECASE)
_EXPLAINED = re.compile(
    r"#\s*noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)* - \S.{4,}"
    r"|#\s*type: ignore\[[\w, -]+\]\s*(?:# ?|- ?)\S.{4,}"
)


def comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and _LOOKS_AWAY.search(token.string):
            yield token.start[0], token.string


def unexplained(text: str) -> list[str]:
    return [f"{line}: {said}" for line, said in comments(text) if not _EXPLAINED.search(said)]


def sources() -> list[Path]:
    return sorted(file for folder in _FOLDERS for file in (ROOT / folder).rglob("*.py"))


def test_every_exception_has_its_reason() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{place}"
        for file in sources()
        for place in unexplained(file.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "comment",
    ["# noqa", "# noqa: S608", "# noqa: S105, S106", "# NOQA: S310", "# nosec", "# nosec B608",
     "# type: ignore", "# noqa: S603 -", "# noqa: S603 ok"],
)  # fmt: skip
def test_a_bare_exception_is_found(comment: str) -> None:
    assert unexplained(f"x = 1  {comment}\n") == [f"1: {comment}"]


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # noqa: S608 - the names are ours\n",
        "x = 1  # noqa: BLE001, S110 - closing goes on\n",
        "x = 1  # type: ignore[misc]  # a frozen field\n",
        'x = "# noqa"\n',
        "x = 1  # nobody looks\n",
    ],
)
def test_an_exception_with_a_reason_and_what_is_none(text: str) -> None:
    assert unexplained(text) == []


def test_the_rules_of_security_are_on_everywhere_but_for_what_tests_do() -> None:
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    assert "S" in ruff["lint"]["select"]
    assert not [rule for rule in ruff["lint"]["ignore"] if re.match(r"S\d*$", rule)]
    off = {
        folder for folder, rules in ruff["lint"]["per-file-ignores"].items()
        if any(re.match(r"S\d*$", rule) for rule in rules)
    }  # fmt: skip
    assert off == {"tests/**", "benchmarks/**"}
