"""Rules ask for what is told; each alert has its page, and a test that it fires and clears."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from cli.main import app
from tests.support.promql import problems
from tests.support.services.programs import NotInstalledError
from tests.support.services.prometheus import promtool

ROOT = Path(__file__).resolve().parents[3]
PROMETHEUS = ROOT / "deployment" / "monitoring" / "prometheus"
RUNBOOKS = ROOT / "docs" / "runbooks"


@cache
def rules() -> list[dict[str, Any]]:
    groups = [
        group
        for file in sorted((PROMETHEUS / "rules").glob("*.yml"))
        for group in yaml.safe_load(file.read_text())["groups"]
    ]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
RECORDED = frozenset(rule["record"] for rule in rules() if "record" in rule)
GUIDES = {"find-a-request"}
PAGES = {page.stem: page for page in RUNBOOKS.glob("*.md") if page.stem not in GUIDES}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_asks_for_what_there_is(rule: dict[str, Any]) -> None:
    assert problems(rule["expr"], RECORDED) == []


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("analyzer_nothing > 0", "analyzer_nothing: no such metric"),
        ('up{lane="bulk"} == 0', "up has no lane"),
        ("sum by (tenant) (analyzer_sse_clients)", "nothing has tenant"),
    ],
)
def test_what_there_is_not_is_found(expression: str, problem: str) -> None:
    assert problems(expression) == [problem]


def test_each_alert_has_a_page_and_each_page_an_alert() -> None:
    assert PAGES.keys() == ALERTS.keys()


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_and_where_to_read(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks/{name}.md"


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_a_page_says_what_a_reader_needs(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r"^#+ (.+)$", text, re.MULTILINE) == [
        page.stem, "What it means", "How to look", "What to do", "When it clears",
    ]  # fmt: skip
    severity = ALERTS[page.stem]["labels"]["severity"]
    assert f"Severity `{severity}`" in text
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_commands_and_queries_of_a_page_exist(page: Path) -> None:
    text = page.read_text()
    for line in re.findall(r"image-analyzer ([^`\n]+)", text):
        _has_command(line.split())
    for query in re.findall(
        r"^    (.*(?:analyzer|http|db|messaging|process)_.*)$", text, re.MULTILINE
    ):
        assert problems(query) == [], query


def _has_command(words: list[str]) -> None:
    """Fails for a command or an option that is not there."""
    command: click.Command = app
    for word in words:
        if isinstance(command, click.Group):
            assert word in command.commands, words
            command = command.commands[word]
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options, words


def test_each_alert_is_seen_to_fire_and_to_clear() -> None:
    """By name; whether it does is for promtool to say."""
    seen = {
        test["name"]: [bool(sample["exp_samples"]) for sample in test["promql_expr_test"]]
        for file in (PROMETHEUS / "tests").glob("*.yml")
        for test in yaml.safe_load(file.read_text())["tests"]
    }
    assert seen == {name: [False, True, False] for name in ALERTS}


@pytest.mark.parametrize("command", [("check", "rules"), ("test", "rules")], ids=" ".join)
def test_promtool_agrees(command: tuple[str, str]) -> None:
    folder = PROMETHEUS / ("rules" if command[0] == "check" else "tests")
    files = [str(file) for file in sorted(folder.glob("*.yml"))]
    assert len(files) == 6
    try:
        code, said = promtool(*command, *files)
    except NotInstalledError as error:
        pytest.skip(str(error))
    assert code == 0, said
