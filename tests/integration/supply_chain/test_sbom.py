"""The bill of materials: everything of the lock, by version and hash."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from tests.support.supply_chain.locks import SHIPPED, pins
from tests.support.supply_chain.sbom import main, write_sbom


def sbom(lock: str, folder: Path) -> dict[str, Any]:
    file = folder / f"{lock}.json"
    write_sbom(lock, file)
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def bill_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Each is made once: it takes seconds."""
    return cache(lambda lock: sbom(lock, tmp_path_factory.mktemp(lock)))


@pytest.mark.parametrize("lock", SHIPPED)
def test_it_lists_what_the_lock_pins(lock: str, bill_of: Callable[[str], dict[str, Any]]) -> None:
    bill = bill_of(lock)
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "ai-image-analyzer"
    listed = {(canonicalize_name(one["name"]), one["version"]) for one in bill["components"]}
    assert listed == {(pin.name, str(pin.version)) for pin in pins(lock)}


def test_a_component_is_known_by_its_address_and_its_hashes(
    bill_of: Callable[[str], dict[str, Any]],
) -> None:
    text = json.dumps(bill_of("runtime"))
    for pin in pins("runtime"):
        assert f"pkg:pypi/{pin.name}@{pin.version}" in text
        assert any(one.removeprefix("sha256:") in text for one in pin.hashes), pin.name


def test_it_is_twice_the_same(tmp_path: Path, bill_of: Callable[[str], dict[str, Any]]) -> None:
    assert bill_of("runtime") == sbom("runtime", tmp_path)


def test_a_lock_that_is_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert "there is no lock nonsense; there are runtime" in capsys.readouterr().err
