"""Prometheus' rules for its operator: `python -m telemetry.rule_manifests [--check]`.

Each file of deployment/monitoring/prometheus/rules is one PrometheusRule, word for word.
"""

import argparse
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_DEPLOYMENT: Final = Path(__file__).parents[1] / "deployment"
RULES: Final = _DEPLOYMENT / "monitoring" / "prometheus" / "rules"
MANIFESTS: Final = (
    _DEPLOYMENT / "kubernetes" / "components" / "monitoring" / "prometheus-rules.yaml"
)
_HEAD: Final = "# Written by `python -m telemetry.rule_manifests`: change the rules themselves.\n"


def manifests(rules: Path = RULES) -> str:
    """All of them in one text; equal files give equal bytes."""
    files = sorted(rules.glob("*.yml"))
    return _HEAD + "---\n".join(_manifest(file) for file in files)


def _manifest(file: Path) -> str:
    return (
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n"
        f"metadata: {{name: image-analyzer-{file.stem}}}\nspec:\n"
        + textwrap.indent(file.read_text(encoding="utf-8"), "  ")
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m telemetry.rule_manifests", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    if not parser.parse_args(arguments).check:
        MANIFESTS.write_text(manifests(), encoding="utf-8")
        return 0
    if MANIFESTS.read_text(encoding="utf-8") == manifests():
        return 0
    sys.stderr.write(f"{MANIFESTS.name}: differs from the rules; run it without --check\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
