"""Every example is taken or refused by the codec as it says, in every lane, and by the schema."""

import json

import pytest

from schemas.json_schemas import load
from tests.contract.catalog.examples import FOLDER, Example, all_examples, id_of, taken
from tests.support.schema_checks import faults
from topics.catalog import ALL, event_type, topic_named
from topics.errors import InvalidMessageError

EXAMPLES = all_examples()
VALID = pytest.mark.parametrize("example", [e for e in EXAMPLES if not e.reason], ids=str)
INVALID = pytest.mark.parametrize("example", [e for e in EXAMPLES if e.reason], ids=str)
TOPICS = {topic.name for topic in ALL if topic.event is not None}


def lanes(example: Example) -> list[str]:
    """The topics that carry the event of an example: its home, its bulk lane, their retries."""
    event = topic_named(example.topic).event
    return [topic.name for topic in ALL if topic.event is event]


@VALID
def test_a_valid_example_is_taken_in_every_lane(example: Example) -> None:
    for lane in lanes(example):
        envelope = taken(example, topic_named(lane))
        assert envelope.event_id == id_of(envelope)
        assert json.loads(envelope.event.to_json()) == example.body
        assert example.headers["ce_type"] == event_type(type(envelope.event))


@VALID
def test_a_valid_example_has_the_schema_s_consent(example: Example) -> None:
    assert faults(load(example.topic), example.body) == []


@INVALID
def test_an_invalid_example_is_refused_in_every_lane(example: Example) -> None:
    for lane in lanes(example):
        with pytest.raises(InvalidMessageError) as refusal:
            taken(example, topic_named(lane))
        assert refusal.value.reason == example.reason


@INVALID
def test_the_schema_refuses_a_body_that_the_codec_refuses(example: Example) -> None:
    is_refused = faults(load(example.topic), example.body) != []
    assert is_refused == (example.reason == "body_invalid")


@pytest.mark.parametrize("topic", sorted({example.topic for example in EXAMPLES}))
def test_a_topic_shows_one_good_record_and_several_bad_ones(topic: str) -> None:
    names = [example.name for example in EXAMPLES if example.topic == topic]
    assert names.count("valid") == 1
    assert len(names) >= 8
    assert all(name == "valid" or name.startswith("invalid-") for name in names)
    reasons = {example.reason for example in EXAMPLES if example.topic == topic}
    assert reasons >= {"", "headers_invalid", "type_unknown", "body_invalid", "key_mismatch"}


def test_the_folder_holds_nothing_else() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert {path.name for path in files if path.suffix != ".json"} == {"README.md"}
    assert len(files) == len(EXAMPLES) + 1
