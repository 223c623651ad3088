"""A detector with real children, ended after each test."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from processors.detectors.files import InstalledModel
from processors.detectors.limits import ChildLimits
from processors.detectors.pool import ChildProcessDetector
from tests.support.detector_models import bundled_models

StartDetector = Callable[..., Awaitable[ChildProcessDetector]]


@pytest.fixture
async def start_detector() -> AsyncIterator[StartDetector]:
    """Start one with the bundled model, or with others; all are closed at the end."""
    started: list[ChildProcessDetector] = []

    async def start(
        *,
        children: int = 1,
        limits: ChildLimits | None = None,
        models: tuple[InstalledModel, ...] | None = None,
    ) -> ChildProcessDetector:
        detector = ChildProcessDetector(
            models or bundled_models(), children=children, limits=limits
        )
        started.append(detector)
        await detector.start()
        return detector

    yield start
    for detector in started:
        await detector.aclose()
