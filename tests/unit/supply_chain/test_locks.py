"""The locks: whole, by hash, as asked for, and not below what is known to be faulty."""

import re
import tomllib
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support.supply_chain.locks import ALL, ROOT, SHIPPED, Pin, _pins, pins

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
_DATA = ROOT / "tests/support/supply_chain/minimum_versions.toml"


@dataclass(frozen=True, slots=True)
class Advisory:
    package: str
    minimum: str
    id: str
    why: str


ADVISORIES = [Advisory(**one) for one in tomllib.loads(_DATA.read_text("utf-8"))["advisory"]]


def below(advisory: Advisory, pinned: list[Pin]) -> list[str]:
    return [
        f"{pin.name} {pin.version} is below {advisory.minimum}: {advisory.id}, {advisory.why}"
        for pin in pinned
        if pin.name == advisory.package and pin.version < Version(advisory.minimum)
    ]


@pytest.mark.parametrize("lock", ALL)
def test_every_line_of_a_lock_is_one_version_with_its_hashes(lock: str) -> None:
    assert len(pins(lock)) > 5
    assert all(pin.hashes for pin in pins(lock))


@pytest.mark.parametrize("lock", ALL)
@pytest.mark.parametrize("advisory", ADVISORIES, ids=lambda advisory: advisory.id)
def test_no_lock_is_below_a_version_with_a_known_fault(advisory: Advisory, lock: str) -> None:
    assert below(advisory, pins(lock)) == []


@pytest.mark.parametrize("advisory", ADVISORIES, ids=lambda advisory: advisory.id)
def test_an_advisory_is_about_something_that_we_ship(advisory: Advisory) -> None:
    assert advisory.package in {pin.name for lock in SHIPPED for pin in pins(lock)}
    assert re.fullmatch(r"(CVE-\d{4}-\d{4,}|GHSA(-[a-z0-9]{4}){3}|PYSEC-\d{4}-\d+)", advisory.id)
    assert advisory.why
    assert "\n" not in advisory.why


def test_an_advisory_is_listed_once() -> None:
    assert len({advisory.id for advisory in ADVISORIES}) == len(ADVISORIES)


def test_a_version_that_is_too_low_is_found() -> None:
    old = list(_pins(f"h11==0.14.0 \\\n    --hash=sha256:{'0' * 64}\n"))
    (advisory,) = (one for one in ADVISORIES if one.package == "h11")
    (line,) = below(advisory, old)
    assert line.startswith("h11 0.14.0 is below 0.16.0: CVE-2025-43859, takes chunks")


@pytest.mark.parametrize("text", ["h11>=0.14 \\\n    --hash=sha256:00", "h11==0.14", "-e ."])
def test_a_line_without_a_version_and_its_hash_is_no_pin(text: str) -> None:
    with pytest.raises(ValueError, match="no pin with hashes"):
        list(_pins(text))


def asked_for(lock: str) -> list[str]:
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    extras = project["optional-dependencies"]
    of_lock: dict[str, list[str]] = {
        "runtime": project["dependencies"],
        "embedded": [*project["dependencies"], *extras["embedded"]],
        "azure": [*project["dependencies"], *extras["azure"]],
        "build": groups["build"],
        "dev": [
            *project["dependencies"], *extras["embedded"], *extras["azure"], *groups["build"],
            *(one for one in groups["dev"] if isinstance(one, str)),
        ],
    }  # fmt: skip
    return of_lock[lock]


@pytest.mark.parametrize("lock", ALL)
def test_a_lock_has_what_is_asked_for(lock: str) -> None:
    found = {pin.name: pin.version for pin in pins(lock)}
    for text in asked_for(lock):
        wanted = Requirement(text)
        name = canonicalize_name(wanted.name)
        assert name in found, f"run ./dev.sh lock: {name} is not in locks/{lock}.txt"
        assert found[name] in wanted.specifier, f"run ./dev.sh lock: {name} {found[name]}"


def test_what_only_developers_need_is_not_shipped() -> None:
    shipped = {pin.name for lock in SHIPPED for pin in pins(lock)}
    assert not {"pytest", "mypy", "ruff", "hypothesis", "cyclonedx-bom", "uv"} & shipped
