"""The secret scan of this tree and of its history.

`python -m tests.support.supply_chain.scanned_tree [--history]` prints what it finds, by file, line,
kind and digest, and ends with 1 when there is anything.
"""

import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.supply_chain.locks import ROOT
from tests.support.supply_chain.secret_scan import Finding, find_secrets

_DATA = Path(__file__).with_name("known_secrets.toml")
_LOOK_FOR_NUL_IN = 8000


@dataclass(frozen=True, slots=True)
class Known:
    """What looks like a secret in this file and is none, because of `why`."""

    digest: str
    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Place:
    file: str
    found: Finding

    def __str__(self) -> str:
        return f"{self.file}:{self.found.line}: {self.found.kind} {self.found.digest}"


def known_secrets() -> list[Known]:
    return [Known(**one) for one in tomllib.loads(_DATA.read_text(encoding="utf-8"))["known"]]


def in_tree(root: Path = ROOT) -> list[Place]:
    """In every file that git has or would take."""
    names = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split(b"\0")
    files = {name.decode(): root / name.decode() for name in names if name}
    return _places((name, file.read_bytes()) for name, file in files.items() if file.is_file())


def in_history(root: Path = ROOT) -> list[Place]:
    """In every version of every file that HEAD comes from."""
    listed = _git(root, "rev-list", "--objects", "HEAD").decode().splitlines()
    names = dict(line.split(" ", 1) for line in listed if " " in line)
    return _places((names[blob], content) for blob, content in _blobs(root, list(names)))


def unknown(places: Iterable[Place], known: Iterable[Known], *, by_file: bool) -> list[Place]:
    """Without what is known to be none; `by_file` only where it is known to be."""
    if by_file:
        pairs = {(one.digest, one.file) for one in known}
        return [place for place in places if (place.found.digest, place.file) not in pairs]
    digests = {one.digest for one in known}
    return [place for place in places if place.found.digest not in digests]


def _places(contents: Iterable[tuple[str, bytes]]) -> list[Place]:
    return [
        Place(name, found)
        for name, content in contents
        if b"\0" not in content[:_LOOK_FOR_NUL_IN]
        for found in find_secrets(content.decode("utf-8", "replace"))
    ]


def _blobs(root: Path, objects: list[str]) -> Iterator[tuple[str, bytes]]:
    """Trees and commits among them are passed over."""
    answer = _git(root, "cat-file", "--batch", given="\n".join(objects))
    at = 0
    for asked in objects:
        end = answer.index(b"\n", at)
        kind, size = answer[at:end].split()[1:3]
        at = end + 1 + int(size) + 1
        if kind == b"blob":
            yield asked, answer[end + 1 : at - 1]


def _git(root: Path, *arguments: str, given: str = "") -> bytes:
    command = ("git", "-C", str(root), *arguments)
    return subprocess.run(command, input=given.encode(), capture_output=True, check=True).stdout


def main(arguments: list[str]) -> int:
    history = arguments == ["--history"]
    places = in_history() if history else in_tree()
    left = unknown(places, known_secrets(), by_file=not history)
    sys.stdout.writelines(f"{place}\n" for place in left)
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
