"""Write the manifests that follow from catalog and access: `python -m topics.manifests [--check]`.

Topics and users only; what stands beside them in strimzi/ is written by hand.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from topics.access import OUTSIDERS, PRINCIPALS
from topics.catalog import ALL
from topics.manifests_topics import topic_text
from topics.manifests_users import user_text

FOLDER: Final = Path(__file__).parents[1] / "strimzi"
_LIST = "kustomization.yaml"


def manifests() -> dict[str, str]:
    """Texts by path below strimzi/: equal tables give equal bytes."""
    topics = {f"{topic.name}.yaml": topic_text(topic) for topic in ALL}
    users = {
        f"{one.name}.yaml": user_text(one, is_example=False)
        for one in PRINCIPALS
        if one not in OUTSIDERS
    }
    examples = {f"{one.name}-example.yaml": user_text(one, is_example=True) for one in OUTSIDERS}
    return {
        **_below("topics", {**topics, _LIST: _list_text(topics)}),
        **_below("users", {**users, **examples}),
    }


def stale(folder: Path = FOLDER) -> list[str]:
    """The paths of files that are missing, differ, or are a topic of no catalog."""
    written = manifests()
    present = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in (*folder.glob("topics/*"), *folder.glob("users/*"))
    }
    own = {path for path in present if path in written or path.startswith("topics/")}
    return sorted(path for path in own | set(written) if present.get(path) != written.get(path))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m topics.manifests", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    if parser.parse_args(arguments).check:
        differing = stale()
        for path in differing:
            sys.stderr.write(f"strimzi/{path}: differs from the catalog or the access table\n")
        return 1 if differing else 0
    for path, text in manifests().items():
        target = FOLDER / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return 0


def _below(folder: str, texts: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in texts.items()}


def _list_text(names: Iterable[str]) -> str:
    lines = "\n".join(f"  - {name}" for name in sorted(names))
    return (
        "# Written by `python -m topics.manifests`: change topics/catalog.py instead.\n"
        "apiVersion: kustomize.config.k8s.io/v1beta1\n"
        f"kind: Kustomization\nresources:\n{lines}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
