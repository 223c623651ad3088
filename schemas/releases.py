"""The folder of released schemas and examples: only ever added to."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "released"
_SUMS: Final = "SHA256SUMS"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Releases:
    """`<name>/<n>.json` are the schemas, numbered from 1; `<name>/examples/<n>.json` the records
    that were ever published as valid examples, numbered on their own."""

    folder: Path = FOLDER

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*/"))

    def schemas(self, name: str) -> dict[int, Json]:
        """By number, the oldest first."""
        return _numbered(self.folder / name)

    def examples(self, name: str) -> dict[int, Json]:
        """By number, the oldest first; each as in `schemas/examples/`."""
        return _numbered(self.folder / name / "examples")

    def add_schema(self, name: str, schema: Json) -> int:
        return self._add(self.folder / name, schema)

    def add_example(self, name: str, example: Json) -> int:
        return self._add(self.folder / name / "examples", example)

    def altered(self) -> list[str]:
        """Released files that were changed, taken away or put there by hand."""
        present = self._present()
        files = {file for file, _ in present}
        return sorted({file for file, _ in self._written() ^ present} | (_up_to(files) - files))

    def _add(self, folder: Path, document: Json) -> int:
        folder.mkdir(parents=True, exist_ok=True)
        number = max(_numbered(folder), default=0) + 1
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{number}.json").write_text(text, encoding="utf-8")
        self._write_sums()
        return number

    def _write_sums(self) -> None:
        lines = (f"{digest}  {file}\n" for file, digest in sorted(self._present()))
        (self.folder / _SUMS).write_text("".join(lines), encoding="utf-8")

    def _written(self) -> set[tuple[str, str]]:
        sums = self.folder / _SUMS
        lines = sums.read_text(encoding="utf-8").splitlines() if sums.exists() else []
        return {(file, digest) for digest, _, file in (line.partition("  ") for line in lines)}

    def _present(self) -> set[tuple[str, str]]:
        files = (path for path in self.folder.rglob("*") if path.is_file() and path.name != _SUMS)
        return {
            (str(path.relative_to(self.folder)), hashlib.sha256(path.read_bytes()).hexdigest())
            for path in files
        }


def _up_to(files: set[str]) -> set[str]:
    """The files with a lower number that must be there, too."""
    parts = (file.rpartition("/") for file in files)
    highest = ((folder, int(name.removesuffix(".json"))) for folder, _, name in parts)
    return {f"{folder}/{n}.json" for folder, last in highest for n in range(1, last)}


def _numbered(folder: Path) -> dict[int, Json]:
    paths = {int(path.stem): path for path in folder.glob("*.json")}
    return {number: json.loads(paths[number].read_text("utf-8")) for number in sorted(paths)}
