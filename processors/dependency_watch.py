"""What a worker leans on, and what becomes of its work while one of them is gone."""

from collections.abc import Awaitable, Callable, Collection
from functools import partial

from processors.parts import Parts
from schemas.http import DependencyReport
from telemetry.dependencies import Dependency, DependencyWatch, Finding
from topics.broker_admin import broker_admin
from topics.settings import KafkaSettings

Holding = Callable[[], Collection[str]]
"""The names of what work is held for."""


_WITHOUT_SCANNER = {
    "fail": "without it pictures are tried again, and then fail with scan_unavailable",
    "hold": "without it pictures wait to be scanned; none is failed for it",
    "skip": "without it pictures are analyzed unscanned",
}


class HeldError(Exception):
    """It answers, and yet there is work that waits for it."""


def make_watch(parts: Parts, holding: Holding) -> DependencyWatch:
    ask_broker = partial(_ask_broker, parts.config.kafka)
    dependencies = {
        "kafka": Dependency(
            _unless_held("kafka", ask_broker, holding),
            "without it no work comes in and no outcome goes out; both go on when it is back",
        ),
        "postgres": Dependency(
            _unless_held("postgres", parts.analyses.check, holding),
            "without it outcomes wait to be recorded; none is lost",
        ),
        "bucket": Dependency(
            _unless_held("bucket", parts.images.check, holding),
            "without it pictures wait to be read or stored; none is failed for it",
        ),
    }
    if parts.scanner is not None:
        dependencies["scanner"] = Dependency(
            _unless_held("scanner", parts.scanner.check, holding),
            _WITHOUT_SCANNER[parts.config.scanner.when_unavailable],
        )
    return DependencyWatch(dependencies, parts.metrics)


def reports_of(watch: DependencyWatch) -> dict[str, DependencyReport]:
    """In the words of the API's `/ready`; empty before the first look has ended."""
    return {name: _report(finding) for name, finding in watch.findings.items()}


def _report(finding: Finding) -> DependencyReport:
    status = "up" if finding.is_up else "down"
    return DependencyReport(status=status, latency_ms=finding.took_ms, meaning=finding.meaning)


def _unless_held(
    name: str, check: Callable[[], Awaitable[None]], holding: Holding
) -> Callable[[], Awaitable[None]]:
    """A server may answer a check and refuse the work (read-only, full)."""

    async def checked() -> None:
        await check()
        if name in holding():
            raise HeldError("it answers, and there is work that waits for it")

    return checked


async def _ask_broker(settings: KafkaSettings) -> None:
    async with broker_admin(settings):
        pass
