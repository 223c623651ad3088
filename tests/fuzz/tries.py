"""How much Hypothesis tries: in the suite little, and each time the same; with `FUZZ_TRIES` as much
as that says, each time something else, and what was found is tried first the next time."""

import os

from hypothesis import HealthCheck, settings

_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large]  # the machine is shared by many tests


def tries(few: int) -> settings:
    """`few` is what the suite can afford."""
    many = os.environ.get("FUZZ_TRIES")
    if many is not None:
        return settings(max_examples=int(many), deadline=None, suppress_health_check=_CHECKS)
    return settings(
        max_examples=few,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=_CHECKS,
    )
