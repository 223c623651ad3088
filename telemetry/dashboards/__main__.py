"""`python -m telemetry.dashboards [--check]`: the dashboards to the files that Grafana reads, and
to the ConfigMaps that a cluster has them in."""

import argparse
from collections.abc import Sequence

from telemetry.dashboards.files import files
from telemetry.declared_files import write_or_check


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every file is as it should be, or has been written."""
    parser = argparse.ArgumentParser(prog="python -m telemetry.dashboards", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    is_check = parser.parse_args(arguments).check
    return write_or_check(files(), is_check=is_check, differs="not as declared")


if __name__ == "__main__":
    raise SystemExit(main())
