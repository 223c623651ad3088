"""docker-compose.yml: its settings exist, its secrets come from outside. Nothing is started."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.environment import known_variables
from cli.settings import Settings
from processors.app import NAMES

ROOT = Path(__file__).resolve().parents[3]
FILES = (ROOT / "docker-compose.yml", ROOT / "deployment/docker/test-servers.yml")


def services(file: Path) -> dict[str, dict[str, Any]]:
    found = yaml.safe_load(file.read_text(encoding="utf-8"))["services"]
    assert isinstance(found, dict)
    return found


COMPOSE = services(FILES[0])


def test_every_setting_of_ours_exists() -> None:
    known = known_variables(Settings)
    named = {
        name
        for service in COMPOSE.values()
        for name in service.get("environment", {})
        if name.startswith("ANALYZER_")
    }
    assert named
    assert named <= set(known)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_secret_is_written_down(file: Path) -> None:
    secret = re.compile(r"PASSWORD|SECRET|ACCESS_KEY|DSN|URL|CLUSTER_ID|AUTH")
    for service in services(file).values():
        for name, value in service.get("environment", {}).items():
            if secret.search(name):
                assert re.search(r"\$\{[A-Z0-9_]+:\?", str(value)), f"{name} has a value of its own"


def test_the_example_names_every_secret_and_gives_none() -> None:
    asked = set(re.findall(r"\$\{([A-Z0-9_]+):\?", FILES[0].read_text(encoding="utf-8")))
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert set(given) == asked
    assert not any(given.values())


def test_every_processor_runs_somewhere_and_only_once() -> None:
    running = [name for one in COMPOSE.values() for name in (one.get("command") or [])[1:]]
    workers = [name for name in running if name in NAMES]
    assert sorted(workers) == sorted(NAMES)


def test_nothing_starts_before_what_it_needs_is_there() -> None:
    for name in ("api", "detect", "io"):
        waits = {what: how["condition"] for what, how in COMPOSE[name]["depends_on"].items()}
        for once in ("migrate", "topics", "bucket"):
            assert waits[once] == "service_completed_successfully"
            assert COMPOSE[once]["restart"] == "no"


def test_everything_that_lasts_has_a_health_check() -> None:
    for name, service in COMPOSE.items():
        if service["restart"] != "no":
            assert "healthcheck" in service, name


def test_pictures_are_scanned_by_a_scanner_of_one_version() -> None:
    detect = COMPOSE["detect"]
    name, _, port = detect["environment"]["ANALYZER_SCANNER__ADDRESS"].partition(":")
    assert (detect["depends_on"][name]["condition"], port) == ("service_healthy", "3310")
    scanner = COMPOSE[name]
    assert re.fullmatch(r"clamav/clamav:[0-9]+\.[0-9]+\.[0-9]+", scanner["image"])
    assert scanner["environment"]["CLAMD_CONF_AlertExceedsMax"] == "yes"
    assert "ports" not in scanner


def test_only_this_machine_reaches_the_ports() -> None:
    for file in FILES:
        for service in services(file).values():
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
