"""Release the schemas and examples that are new since the last time: `python -m schemas.release`.

Releases nothing when a schema differs from its model, or breaks what was released before.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence

from schemas import generate
from schemas.compatibility import refusals, unreleased
from schemas.compatibility_today import Today, read_today
from schemas.releases import Releases


def main(arguments: Sequence[str] | None = None, releases: Releases | None = None) -> int:
    argparse.ArgumentParser(prog="python -m schemas.release", description=__doc__).parse_args(
        arguments
    )
    today, released = read_today(), releases or Releases()
    refused = [
        *(f"schemas/json/{name}: run python -m schemas.generate" for name in generate.stale()),
        *refusals(today, released),
    ]
    if refused:
        sys.stderr.writelines(f"{line}\n" for line in refused)
        return 1
    for line in release(today, released):
        sys.stdout.write(f"{line}\n")
    return 0


def release(today: Today, releases: Releases) -> Iterator[str]:
    """Add what is new, and say it; only for what `refusals` has nothing against."""
    for name in unreleased(today, releases):
        if today.has_new_schema(name, releases):
            yield f"{name}: schema {releases.add_schema(name, today.schemas[name])}"
        if today.has_new_example(name, releases):
            yield f"{name}: example {releases.add_example(name, today.examples[name])}"


if __name__ == "__main__":
    sys.exit(main())
