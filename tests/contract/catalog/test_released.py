"""Whatever was published is taken for ever, and every type says who writes and who reads it."""

import json
from typing import Any

import pytest

from schemas.compatibility import refusals, unreleased
from schemas.compatibility_directions import DIRECTIONS, Direction
from schemas.compatibility_today import read_today
from schemas.generate import MODELS
from schemas.json_schemas import load
from schemas.releases import Releases
from tests.contract.catalog.examples import Example, all_examples
from tests.support.schema_checks import faults
from topics.catalog import ALL, CONSUMED, topic_named
from topics.codec import decode

RELEASES = Releases()


def golden(topic: str, number: int, record: dict[str, Any]) -> Example:
    fields: dict[str, Any] = {"reason": ""} | record
    return Example(topic=topic, name=f"released-{number}", **fields)


GOLDEN = [
    golden(name, number, record)
    for name in RELEASES.names()
    for number, record in RELEASES.examples(name).items()
]
VALID = [example for example in all_examples() if not example.reason]
EACH_GOLDEN = pytest.mark.parametrize("example", GOLDEN, ids=str)
EACH_VALID = pytest.mark.parametrize("example", VALID, ids=str)


def test_every_schema_and_example_of_today_is_released_and_breaks_none_before() -> None:
    today = read_today()
    assert refusals(today, RELEASES) == []
    assert unreleased(today, RELEASES) == [], "run: python -m schemas.release"


def test_every_type_and_nothing_else_has_a_direction() -> None:
    assert DIRECTIONS.keys() == MODELS.keys()
    assert all(DIRECTIONS.values())


def test_what_a_group_of_ours_reads_is_consumed_and_what_no_stranger_writes_is_produced() -> None:
    for topic in CONSUMED:
        names = [name for name, model in MODELS.items() if model is topic.event]
        expected = {Direction.CONSUMED} if topic.is_inbox else set(Direction)
        assert [DIRECTIONS[name] for name in names] == [expected], topic.name


def test_a_document_inside_of_an_event_goes_where_the_event_goes() -> None:
    assert DIRECTIONS["analysis-result"] == DIRECTIONS["image-analyzed"]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_type_is_released_and_so_is_an_example_of_it(name: str) -> None:
    assert min(RELEASES.schemas(name)) == 1
    carrier = {"analysis-result": "image-analyzed"}.get(name, name)
    assert any(example.topic == carrier for example in GOLDEN)


@EACH_GOLDEN
def test_an_example_that_was_ever_published_has_the_consent_of_today(example: Example) -> None:
    assert faults(load(example.topic), example.body) == []


@EACH_GOLDEN
def test_an_example_that_was_ever_published_is_read_in_every_lane(example: Example) -> None:
    lanes = [topic for topic in ALL if topic.event is topic_named(example.topic).event]
    assert lanes
    for lane in lanes:
        envelope = decode(example.record(lane.name), lane)
        assert envelope.event_id == example.headers["ce_id"]
        assert_says(json.loads(envelope.event.to_json()), example.body)


@EACH_VALID
def test_an_example_of_today_has_the_consent_of_every_release(example: Example) -> None:
    for number, schema in RELEASES.schemas(example.topic).items():
        assert faults(schema, example.body) == [], f"release {number}"


def test_a_published_result_has_the_consent_of_every_schema_of_results() -> None:
    results = [example.body["result"] for example in GOLDEN if example.topic == "image-analyzed"]
    assert results
    for result in results:
        for schema in (load("analysis-result"), *RELEASES.schemas("analysis-result").values()):
            assert faults(schema, result) == []


def assert_says(now: Any, then: Any) -> None:
    """Nothing that was said is lost; defaults of later properties may have come."""
    if isinstance(then, dict):
        for name, value in then.items():
            assert_says(now[name], value)
    else:
        assert now == then
