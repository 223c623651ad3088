"""`python -m telemetry.dashboards [--check]`: the dashboards to the files that Grafana reads, and
to the ConfigMaps that a cluster has them in."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from telemetry.dashboards.files import files


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every file is as it should be, or has been written."""
    parser = argparse.ArgumentParser(prog="python -m telemetry.dashboards", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    is_check = parser.parse_args(arguments).check
    stale = [(path, text) for path, text in files() if _read(path) != text]
    for path, text in stale:
        if not is_check:
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}: {'not as declared' if is_check else 'written'}\n")
    return 1 if is_check and stale else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    raise SystemExit(main())
