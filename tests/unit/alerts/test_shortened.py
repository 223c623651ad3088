"""Durations and thresholds of time get shorter, and nothing else changes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from telemetry.metrics import declared
from tests.alerts.shortened import FACTOR, TIMES, shortened, shortened_rules
from tests.support.services.prometheus import CONFIGURATION

_FILES = sorted((CONFIGURATION / "rules").glob("*.yml"))
_TIMES = re.compile(r"\d+(ms|[smhd])\b| > [\d.]+|le=\W+[\d.]+")


def rules_of(text: str) -> dict[str, dict[str, Any]]:
    rules = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    return {rule.get("alert") or rule["record"]: rule for rule in rules}


def text_of(rule: dict[str, Any]) -> str:
    return _TIMES.sub("·", yaml.safe_dump(rule, sort_keys=False, width=10_000))


@pytest.mark.parametrize(
    ("duration", "short"), [("1m", "2500ms"), ("15s", "625ms"), ("3d", "10800000ms")]
)
def test_a_duration_becomes_milliseconds(duration: str, short: str) -> None:
    assert shortened(duration) == short


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
def test_only_times_differ(file: Path) -> None:
    shipped, short = rules_of(file.read_text()), rules_of(shortened_rules(file.read_text()))
    assert shipped.keys() == short.keys()
    for name, rule in shipped.items():
        assert text_of(rule) == text_of(short[name])


def test_thresholds_that_are_no_times_stay() -> None:
    rules = rules_of(shortened_rules((CONFIGURATION / "rules" / "processes.yml").read_text()))
    assert "> 420e6" in rules["MemoryNearLimit"]["expr"]
    assert "> 0.25" in rules["EventLoopLags"]["expr"]
    assert "[12500ms]" in rules["EventLoopLags"]["expr"]


def test_a_threshold_that_has_changed_is_an_error() -> None:
    text = (CONFIGURATION / "rules" / "work.yml").read_text().replace("> 300", "> 200")
    with pytest.raises(ValueError, match="WebhooksAge"):
        shortened_rules(text)


def test_a_late_outcome_has_a_bucket_of_its_own() -> None:
    (lives,) = (m for _, m in declared() if m.name == "analyzer_request_duration_seconds")
    assert 60.0 / FACTOR in vars(lives)["buckets"]
    assert {name for name in TIMES if name.startswith("analyzer:late")} == {
        name for file in _FILES for name in rules_of(file.read_text()) if "late:ratio" in name
    }
