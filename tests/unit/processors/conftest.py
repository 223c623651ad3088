"""A bench for each test, and no log lines on the terminal."""

from collections.abc import Iterator

import pytest
import structlog

from tests.unit.processors.bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture(autouse=True)
def log() -> Iterator[list[structlog.types.EventDict]]:
    """What was logged."""
    with structlog.testing.capture_logs() as entries:
        yield entries
