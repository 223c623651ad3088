"""Dependencies are asked at intervals, each for so long; what is found shows in the metrics."""

import asyncio

import pytest

from telemetry.dependencies import Dependency, DependencyWatch
from telemetry.metrics import Metrics


class Service:
    """Answers, fails with `says`, or keeps everybody waiting while that is an event."""

    def __init__(self) -> None:
        self.says: Exception | asyncio.Event | None = None
        self.asked = 0
        self.cancelled = 0

    async def check(self) -> None:
        self.asked += 1
        if isinstance(self.says, asyncio.Event):
            try:
                await self.says.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        elif self.says is not None:
            raise self.says


class Watched:
    def __init__(self) -> None:
        self.now = 100.0
        self.metrics = Metrics()
        self.services = {"bucket": Service(), "kafka": Service()}
        dependencies = {
            name: Dependency(service.check, f"without the {name}: later")
            for name, service in self.services.items()
        }
        self.watch = DependencyWatch(
            dependencies, self.metrics, every_s=0.001, within_s=0.01, clock=lambda: self.now
        )

    async def up(self) -> dict[str, bool]:
        return {name: finding.is_up for name, finding in (await self.watch.look()).items()}

    def gauge(self, name: str) -> float | None:
        labels = {"dependency": name}
        return self.metrics.registry.get_sample_value("analyzer_dependency_up", labels)


@pytest.fixture
def watched() -> Watched:
    return Watched()


async def test_each_is_up_or_down_by_itself(watched: Watched) -> None:
    watched.services["kafka"].says = OSError("refused")
    assert await watched.up() == {"bucket": True, "kafka": False}
    assert (watched.gauge("bucket"), watched.gauge("kafka")) == (1, 0)
    assert watched.watch.findings["kafka"].meaning == "without the kafka: later"
    watched.services["kafka"].says = None
    assert await watched.up() == {"bucket": True, "kafka": True}
    assert watched.gauge("kafka") == 1


async def test_no_answer_in_time_is_down_and_asked_once_only(watched: Watched) -> None:
    kafka = watched.services["kafka"]
    kafka.says = answer = asyncio.Event()
    for _ in range(3):
        assert await watched.up() == {"bucket": True, "kafka": False}
    assert (kafka.asked, watched.services["bucket"].asked) == (1, 3)
    assert kafka.cancelled == 0
    answer.set()
    assert await watched.up() == {"bucket": True, "kafka": True}
    assert kafka.asked == 1


async def test_what_is_fresh_enough_is_not_asked_for_again(watched: Watched) -> None:
    bucket = watched.services["bucket"]
    await asyncio.gather(*(watched.watch.look(max_age_s=1) for _ in range(20)))
    watched.now += 0.9
    await watched.watch.look(max_age_s=1)
    assert bucket.asked == 1
    watched.now += 0.2
    await asyncio.gather(*(watched.watch.look(max_age_s=1) for _ in range(20)))
    assert bucket.asked == 2


async def test_changes_are_logged_and_nothing_else(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    watched.services["bucket"].says = OSError("refused")
    for _ in range(3):
        await watched.up()
    watched.services["bucket"].says = None
    for _ in range(3):
        await watched.up()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "dependency_down" in lines[0]
    assert "refused" in lines[0]
    assert "dependency_up_again" in lines[1]


async def test_it_runs_beside_the_block_and_asks_nothing_after_it(watched: Watched) -> None:
    kafka, bucket = watched.services["kafka"], watched.services["bucket"]
    kafka.says = asyncio.Event()

    async def asked_thrice() -> None:
        while bucket.asked < 3:
            watched.now += 1
            await asyncio.sleep(0)

    async with watched.watch.running():
        await asyncio.wait_for(asked_thrice(), 5)
    assert watched.gauge("kafka") == 0
    assert kafka.cancelled == 1
    before = bucket.asked
    await asyncio.sleep(0.01)
    assert bucket.asked == before
