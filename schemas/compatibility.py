"""Compare every released schema with the one of today: `python -m schemas.compatibility`."""

import argparse
import sys
from collections.abc import Iterator, Sequence

from schemas.compatibility_rules import findings
from schemas.compatibility_today import Today, read_today
from schemas.releases import Releases


def refusals(today: Today, releases: Releases) -> list[str]:
    """Why today's schemas may not be released, one line each; empty is compatible."""
    return [
        *(f"schemas/released/{file}: released files never change" for file in releases.altered()),
        *_orphans(today, releases),
        *(line for name in sorted(today.schemas) for line in _breaks(name, today, releases)),
    ]


def unreleased(today: Today, releases: Releases) -> list[str]:
    """The names of types whose schema or example differs from what was released last."""
    return sorted(
        name
        for name in today.schemas
        if today.has_new_schema(name, releases) or today.has_new_example(name, releases)
    )


def main(arguments: Sequence[str] | None = None, releases: Releases | None = None) -> int:
    argparse.ArgumentParser(prog="python -m schemas.compatibility", description=__doc__).parse_args(
        arguments
    )
    today, released = read_today(), releases or Releases()
    lines = refusals(today, released)
    if lines:
        lines.append("docs/contract.md says what may change in a type, and what is a new one")
    else:
        lines = [
            f"{name}: not released as it is; run: python -m schemas.release"
            for name in unreleased(today, released)
        ]
    sys.stderr.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


def _orphans(today: Today, releases: Releases) -> Iterator[str]:
    for name in sorted(today.schemas.keys() - today.directions.keys()):
        yield f"{name}: produced or consumed? compatibility_directions.py does not say"
    for name in sorted(today.directions.keys() - today.schemas.keys()):
        yield f"{name}: has a direction and no schema"
    for name in sorted(set(releases.names()) - today.schemas.keys()):
        yield f"{name}: was released and is gone; a published type stays"


def _breaks(name: str, today: Today, releases: Releases) -> Iterator[str]:
    for number, released in releases.schemas(name).items():
        for direction in sorted(today.directions.get(name, ())):
            for finding in findings(released, today.schemas[name], direction):
                yield f"{name}, release {number}: {finding}"


if __name__ == "__main__":
    sys.exit(main())
