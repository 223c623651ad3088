"""Locks and installed metadata to the page of licences:
`python -m tests.support.supply_chain.licences` writes docs/licences.md."""

import re
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path
from typing import Any

from tests.support.supply_chain.locks import ROOT, SHIPPED, pins

PAGE = ROOT / "docs/licences.md"
_DATA = Path(__file__).with_name("licences.toml")
_PYTHONS = ("3.11", "3.12", "3.13")
_INTRODUCTION = """\
# Licences

Ours is MIT. What `pip` installs beside it on Linux, by the locks: `runtime` always, `embedded` and
`azure` as extras. The models and their licences are in `models/`. This page is written by
`python -m tests.support.supply_chain.licences` from the metadata of what is installed.

| package | licence | lock |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Rules:
    """Read from licences.toml, which explains each part."""

    allowed: frozenset[str]
    exceptions: dict[str, dict[str, str]]
    words: dict[str, str]
    read: dict[str, str]

    @classmethod
    def known(cls) -> "Rules":
        data: dict[str, Any] = tomllib.loads(_DATA.read_text(encoding="utf-8"))
        return cls(frozenset(data["allowed"]), data["exceptions"], data["words"], data["read"])

    def licence_of(self, package: str, said: PackageMetadata) -> str:
        """An SPDX expression. Raises ValueError when the metadata has none and nobody has read the
        licence yet."""
        if package in self.read:
            return self.read[package]
        stated = (said.get_all("License-Expression") or []) + (said.get_all("License") or [])
        text = stated[0] if stated else ""
        licence = self.words.get(text, text)
        if not re.fullmatch(r"[A-Za-z0-9.-]+( (AND|OR) [A-Za-z0-9.-]+)*", licence):
            raise ValueError(f"{package}: read its licence, and add it to {_DATA.name}")
        return licence

    def refusal(self, package: str, licence: str) -> str | None:
        """Why this may not be shipped; None when it may."""
        if self.exceptions.get(package, {}).get("licence") == licence:
            return None
        parts = [part.split(" OR ") for part in licence.split(" AND ")]
        if all(any(one in self.allowed for one in part) for part in parts):
            return None
        return f"{package}: {licence} is neither allowed nor an exception"


def shipped() -> dict[str, str]:
    """Package to the first lock that has it; without what is for other systems than Linux."""
    found: dict[str, str] = {}
    for lock in SHIPPED:
        for pin in pins(lock):
            if any(pin.is_for(platform="linux", python=python) for python in _PYTHONS):
                found.setdefault(pin.name, lock)
    return found


def licences(rules: Rules) -> dict[str, str]:
    """Of all that is shipped. Raises PackageNotFoundError for what is not installed: the locks of
    the extras are in that of the developers."""
    return {name: rules.licence_of(name, metadata(name)) for name in sorted(shipped())}


def licences_page() -> str:
    locks = shipped()
    found = licences(Rules.known())
    rows = [f"| {name} | {licence} | {locks[name]} |\n" for name, licence in found.items()]
    return _INTRODUCTION + "".join(rows) + _explained(Rules.known())


def _explained(rules: Rules) -> str:
    lines = [f"* {name}: {one['why']}.\n" for name, one in sorted(rules.exceptions.items())]
    return "\nNot of the usual permissive kind, and shipped because:\n\n" + "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(licences_page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.relative_to(ROOT)}\n")
