"""The environment of a program that is not ours."""

import os


def unmeasured() -> dict[str, str]:
    """Without what makes coverage trace it: that costs a program of others four times its time."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
