"""What the commands that break things and report share: their last options, and how they speak."""

import argparse
import sys
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path


def options_of(
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
    *,
    names: str,
    known: Collection[str],
    reports: Path,
    suffix: str = "",
) -> argparse.Namespace:
    """The options of `parser`, with a folder and a report besides; what is given as `names` must be
    known. Ends the program with 2 when something is not as it must be."""
    parser.add_argument("--folder", type=Path, help="for logs and data; a new one below /tmp")
    parser.add_argument(
        "--report", type=Path, nargs="?", help="write it, here or there",
        const=reports / f"{datetime.now(UTC):%Y-%m-%d}{suffix}.md",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if unknown := set(getattr(options, names)) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return options


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
