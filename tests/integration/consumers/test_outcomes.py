"""In every language: the same outcomes accepted, the same records reported."""

from dataclasses import asdict
from typing import Any

import pytest

from schemas.contract import RequestFact
from schemas.events import AnalysisFailed
from tests.integration.consumers.conftest import Reading
from tests.integration.consumers.mix import (
    of_a_newer_product,
    record_of,
    write_what_is_invalid,
)
from tests.support.consumer_programs import Program
from tests.support.events import TRACEPARENT, analysis_failed, image_analyzed
from topics.codec import event_id
from topics.publisher import KafkaPublisher

pytestmark = pytest.mark.kafka


def line_of(event: RequestFact, **fields: Any) -> dict[str, Any]:
    """What has to be printed of it, but for the place and the span."""
    common: dict[str, Any] = {"ce_id": event_id(event), "request": event.key}
    if isinstance(event, AnalysisFailed):
        told = {"code": event.code.value, "retryable": event.retryable}
        return {"outcome": "failure"} | common | told | fields
    return {"outcome": "result", "objects": ["dog"], "replaces_failure": False} | common | fields


def without_place(line: dict[str, Any]) -> dict[str, Any]:
    return {
        name: line[name] for name in line.keys() - {"traceparent", "topic", "partition", "offset"}
    }


def in_order(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(lines, key=lambda line: (line["request"], line["outcome"]))


async def test_each_outcome_is_accepted_once_and_what_is_invalid_is_reported(
    program: Program, reading: Reading, publisher: KafkaPublisher
) -> None:
    newer, repeated, untraced = image_analyzed(), image_analyzed(), image_analyzed()
    failed, of_unknown_code = analysis_failed(), analysis_failed(retryable=True)
    fails_first, fails_last = analysis_failed(), image_analyzed()
    reports = await write_what_is_invalid(reading.settings, "acme")
    for record in (
        record_of(fails_last),
        record_of(fails_first),
        of_a_newer_product(newer),
        *(record_of(repeated) for _ in range(3)),
        record_of(untraced, traceparent=None),
        *(record_of(failed) for _ in range(2)),
        record_of(of_unknown_code, body={"code": "from_another_planet"}),
    ):
        await publisher.forward(record)
    first = [line_of(event) for event in (fails_last, fails_first, newer, repeated, untraced)]
    first += [line_of(failed), line_of(of_unknown_code, code="from_another_planet")]

    enough = ("--count", str(len(first) + 2))
    async with program.running(
        *reading.arguments, *enough, environment=reading.environment
    ) as running:
        await running.read(len(first))
        assert in_order([*map(without_place, running.outcomes)]) == in_order(first)
        after_failure = image_analyzed(request_id=fails_first.request_id)
        await publisher.publish(analysis_failed(request_id=fails_last.request_id))
        await publisher.publish(after_failure, traceparent=TRACEPARENT)
        await reading.until_all()
        ends_it = image_analyzed()
        await publisher.forward(record_of(ends_it))
        assert await running.rest() == 1

    last = [line_of(after_failure, replaces_failure=True), line_of(ends_it)]
    assert [*map(without_place, running.outcomes[len(first) :])] == last
    check_traces(running.outcomes, untraced=untraced.key)
    said = await running.errors()
    found = [line for line in said if line["event"] == "invalid_record"]
    assert all(line["detail"] for line in found)
    wanted = ("reason", "topic", "partition", "offset")
    assert in_places([{name: line[name] for name in wanted} for line in found]) == in_places(
        [asdict(report) for report in reports]
    )
    counts = {"invalid": len(reports), "new": len(first) + 2, "repeat": 3, "overruled": 1}
    assert said[-1] == {"event": "stopped", **counts}
    await reading.until_all()


def in_places(reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(reports, key=lambda line: (line["topic"], line["partition"], line["offset"]))


def check_traces(lines: list[dict[str, Any]], *, untraced: str) -> None:
    """The trace goes on in a span of its own; who has none begins one."""
    _, trace, span, flags = TRACEPARENT.split("-")
    for line in lines:
        version, its_trace, its_span, its_flags = line["traceparent"].split("-")
        assert (version, len(its_trace), len(its_span)) == ("00", 32, 16)
        assert its_span != span
        if line["request"] != untraced:
            assert (its_trace, its_flags) == (trace, flags)
