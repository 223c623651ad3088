"""image-analyzed, analysis-failed -> record -> the row."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from processors.record import RecordOutcome
from storage.analyses_memory import MemoryAnalysisStore
from storage.errors import StoreUnavailableError
from storage.ports import NO_TRACES, Completed, Failed
from storage.settling import Fact
from tests.support.events import analysis_failed, image_analyzed, image_requested, image_submitted
from tests.unit.processors.bench import Bench
from topics.codec import Envelope


class Counting(MemoryAnalysisStore):
    """Counts its statements; refuses while `is_down`."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self.is_down = False

    async def record(
        self, facts: Sequence[Fact], traceparents: Mapping[str, str] = NO_TRACES
    ) -> None:
        self.sizes.append(len(facts))
        await asyncio.sleep(0)
        if self.is_down:
            raise StoreUnavailableError("postgres", "the test says so")
        await super().record(facts, traceparents)


async def test_outcomes_in_any_order_end_in_the_same_row(bench: Bench) -> None:
    record = RecordOutcome(bench.analyses)
    accepted = [image_submitted() for _ in range(2)]
    for request in accepted:
        await bench.analyses.accept(request)
    both = [
        [image_analyzed(request_id=r.request_id), analysis_failed(request_id=r.request_id)]
        for r in accepted
    ]
    for event in (*both[0], *reversed(both[1]), *both[0]):
        await record(Envelope(event, "an-id", None))
    for request in accepted:
        found = await bench.analyses.find(request.tenant_id, request.request_id)
        assert found is not None
        assert isinstance(found.outcome, Completed)


async def test_many_at_once_are_few_statements() -> None:
    store = Counting()
    record = RecordOutcome(store)
    events = [analysis_failed() for _ in range(250)]
    for event in events:
        await store.accept(image_submitted(request_id=event.request_id))
    await asyncio.gather(*(record(Envelope(event, "an-id", None)) for event in events))
    assert sum(store.sizes) == 250
    assert len(store.sizes) <= 4
    found = await store.find("acme", events[-1].request_id)
    assert found is not None
    assert isinstance(found.outcome, Failed)


async def test_an_outage_is_told_to_all_at_once_and_not_asked_for_one_by_one() -> None:
    store = Counting()
    store.is_down = True
    record = RecordOutcome(store)
    told = await asyncio.gather(
        *(record(Envelope(analysis_failed(), "an-id", None)) for _ in range(100)),
        return_exceptions=True,
    )
    assert all(isinstance(error, StoreUnavailableError) for error in told)
    assert len(store.sizes) <= 2


async def test_an_event_of_another_class_is_a_fault_of_our_own(bench: Bench) -> None:
    with pytest.raises(TypeError, match="ImageRequested"):
        await RecordOutcome(bench.analyses)(Envelope(image_requested(), "an-id", None))
