"""The lock files, as far as tests ask about them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ("runtime", "embedded", "azure")
ALL = (*SHIPPED, "build", "dev")
_LINE = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>\S+?)(?: ; (?P<marker>.+?))? \\$"
)


@dataclass(frozen=True, slots=True)
class Pin:
    """`marker` says where it is installed: None is everywhere."""

    name: NormalizedName
    version: Version
    marker: Marker | None
    hashes: tuple[str, ...]

    def is_for(self, *, platform: str, python: str) -> bool:
        if self.marker is None:
            return True
        here = {"sys_platform": platform, "python_full_version": f"{python}.0"}
        return self.marker.evaluate(
            here
            | {"python_version": python, "platform_python_implementation": "CPython"}
            | {"implementation_name": "cpython"}
        )


def pins(lock: str) -> list[Pin]:
    """What `locks/LOCK.txt` pins. Raises ValueError for a line that is no pin and no hash."""
    return list(_pins((ROOT / "locks" / f"{lock}.txt").read_text(encoding="utf-8")))


def _pins(text: str) -> Iterator[Pin]:
    for block in re.split(r"\n(?=\S)", text.strip()):
        first, *rest = block.splitlines()
        found = _LINE.match(first)
        hashes = tuple(line.strip(" \\").removeprefix("--hash=") for line in rest)
        if found is None or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes):
            raise ValueError(f"no pin with hashes: {first}")
        marker = None if found["marker"] is None else Marker(found["marker"])
        yield Pin(canonicalize_name(found["name"]), Version(found["version"]), marker, hashes)
