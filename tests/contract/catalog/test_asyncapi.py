"""The AsyncAPI document says what catalog, schemas and examples say, and nothing is left over."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from schemas.json_schemas import load
from tests.contract.catalog.asyncapi_document import (
    DOCUMENT,
    a_copy,
    at,
    faults_by,
    message_of,
    nodes,
)
from tests.contract.catalog.examples import Example, all_examples
from tests.support.schema_checks import faults
from tests.support.services.asyncapi_schema import asyncapi_schema
from tests.support.services.programs import NotInstalledError
from topics import asyncapi
from topics.access import CONSUMER, PRODUCER
from topics.admin import _to_new_topic
from topics.asyncapi_fields import FIELDS, HEADERS
from topics.asyncapi_headers import SCHEMAS
from topics.asyncapi_payloads import field_sentence
from topics.asyncapi_roles import TAGS, Role
from topics.asyncapi_sentences import TOPICS
from topics.catalog import ALL, DEAD_LETTERS, INBOXES, RESULTS, RETRIES, Topic, topic_named
from topics.settings import KafkaSettings

EACH_TOPIC = pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.name)
EXAMPLES = all_examples()


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    """The schema of the AsyncAPI initiative; where it cannot be had, a failure in CI."""
    try:
        return Draft7Validator(asyncapi_schema())
    except NotInstalledError as error:
        missing = str(error)
    if os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


def test_the_committed_document_is_what_the_sources_say(tmp_path: Path) -> None:
    assert not asyncapi.is_stale(), "run `python -m topics.asyncapi`"
    assert asyncapi.main(["--check"]) == 0
    other = tmp_path / "asyncapi.json"
    assert asyncapi.is_stale(other)
    other.write_text(asyncapi.document_text().replace("604800000", "604800001"))
    assert asyncapi.is_stale(other)
    other.write_text(asyncapi.document_text())
    assert not asyncapi.is_stale(other)


def test_the_official_schema_takes_it(official: Draft7Validator) -> None:
    assert [f"{fault.json_path}: {fault.message}" for fault in official.iter_errors(DOCUMENT)] == []


def misspell_an_action(document: dict[str, Any]) -> None:
    document["operations"]["receive-image-requested-inbox"]["action"] = "recieve"


def misspell_a_cleanup(document: dict[str, Any]) -> None:
    kafka = document["channels"]["image-analyzed"]["bindings"]["kafka"]
    kafka["topicConfiguration"]["cleanup.policy"] = ["remove"]


def misspell_a_field(document: dict[str, Any]) -> None:
    document["components"]["messages"]["image-analyzed"]["header"] = {}


@pytest.mark.parametrize("spoil", [misspell_an_action, misspell_a_cleanup, misspell_a_field])
def test_the_official_schema_refuses_a_spoiled_one(
    official: Draft7Validator, spoil: Callable[[dict[str, Any]], None]
) -> None:
    document = a_copy()
    spoil(document)
    assert not official.is_valid(document)


def test_references_lead_somewhere_and_no_component_is_left_over() -> None:
    used = {node["$ref"] for node in nodes() if isinstance(node.get("$ref"), str)}
    assert all(at(reference) is not None for reference in used)
    components = {
        f"#/components/{kind}/{name}"
        for kind, found in DOCUMENT["components"].items()
        for name in found
    }
    assert components <= used


def test_every_topic_is_a_channel_and_every_channel_a_topic() -> None:
    assert set(DOCUMENT["channels"]) == {topic.name for topic in ALL}
    assert all(name == found["address"] for name, found in DOCUMENT["channels"].items())


def test_only_inboxes_and_results_are_public() -> None:
    channels = DOCUMENT["channels"].items()
    assert {name for name, found in channels if not found.get("x-internal")} == {
        topic.name for topic in (*INBOXES, *RESULTS)
    }


def test_outsiders_see_what_they_may_do() -> None:
    """The point of view is the application's: what it receives, outsiders write."""
    public = {
        (found["action"], found["channel"]["$ref"].removeprefix("#/channels/"))
        for found in DOCUMENT["operations"].values()
        if not found.get("x-internal")
    }
    assert public == {("receive", topic.name) for topic in PRODUCER.writes} | {
        ("send", topic.name) for topic in CONSUMER.reads
    }
    (about,) = (tag for tag in DOCUMENT["info"]["tags"] if tag["name"] == Role.RESULT)
    assert f"`{CONSUMER.joins_prefix}`" in about["description"]


@EACH_TOPIC
def test_operations_follow_from_who_reads_the_topic(topic: Topic) -> None:
    operations = DOCUMENT["operations"]
    reading, writing = (operations.get(f"{verb}-{topic.name}") for verb in ("receive", "send"))
    assert (writing is None) == topic.is_inbox
    assert (reading is None) == (topic in DEAD_LETTERS)
    if topic.groups:
        assert reading["bindings"]["kafka"]["groupId"]["enum"] == list(topic.groups)
    if topic.is_inbox:
        (scheme,) = reading["security"]
        assert at(scheme["$ref"])["name"] == "authorization"


@EACH_TOPIC
def test_the_binding_says_what_the_broker_is_told(topic: Topic) -> None:
    made = _to_new_topic(topic, KafkaSettings(partitions=7))
    bound = DOCUMENT["channels"][topic.name]["bindings"]["kafka"]
    told = bound["topicConfiguration"]
    assert bound["topic"] == made.name
    assert bound.get("partitions", 7) == made.num_partitions
    assert ",".join(told["cleanup.policy"]) == made.topic_configs["cleanup.policy"]
    assert str(told["max.message.bytes"]) == made.topic_configs["max.message.bytes"]
    assert str(told.get("retention.ms")) == made.topic_configs.get("retention.ms", "None")


def test_every_topic_has_a_sentence_and_every_sentence_a_topic() -> None:
    derived = {topic.name for topic in (*RETRIES, *DEAD_LETTERS)}
    assert set(TOPICS) == {topic.name for topic in ALL} - derived
    assert all(found["title"] and found["summary"] for found in DOCUMENT["channels"].values())


def test_every_role_has_topics_and_a_sentence() -> None:
    assert set(TAGS) == set(Role)
    tags = {tag["name"] for found in DOCUMENT["channels"].values() for tag in found["tags"]}
    assert tags == {tag["name"] for tag in DOCUMENT["info"]["tags"]} == set(Role)


def test_every_field_has_a_sentence_and_every_sentence_a_field() -> None:
    models = [node for node in nodes(DOCUMENT["components"]["schemas"]) if "title" in node]
    fields = [(found["title"], field) for found in models for field in found["properties"]]
    assert {
        f"{model}.{field}" if f"{model}.{field}" in FIELDS else field for model, field in fields
    } == set(FIELDS)
    for found in models:
        for field, schema in found["properties"].items():
            assert schema["description"] == field_sentence(found["title"], field) != ""


def test_a_field_without_a_sentence_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"ImageAnalyzed\.mood: no sentence"):
        field_sentence("ImageAnalyzed", "mood")


def test_every_header_has_a_sentence_and_every_sentence_a_header() -> None:
    described = {name for schema in SCHEMAS.values() for name in schema["properties"]}
    assert described == set(HEADERS)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_body_is_judged_as_by_the_committed_schema(example: Example) -> None:
    """Draft 07 and the sentences change nothing."""
    found = faults_by(message_of(example.topic)["payload"], example.body)
    assert (found == []) == (faults(load(example.topic), example.body) == [])


@EACH_TOPIC
def test_a_topic_shows_the_valid_examples_of_its_event(topic: Topic) -> None:
    found = message_of(topic.name)
    assert found["examples"]
    for example in found["examples"]:
        assert faults_by(found["payload"], example["payload"]) == []
        assert faults_by(found.get("headers", {}), example.get("headers", {})) == []
    valid = [e.body for e in EXAMPLES if e.topic == found["name"] and not e.reason]
    if topic.event is not None and topic not in RETRIES:
        assert [example["payload"] for example in found["examples"]] == valid


def test_the_key_is_that_of_the_examples() -> None:
    for example in EXAMPLES:
        key = message_of(example.topic)["bindings"]["kafka"]["key"]
        is_request = example.reason == "" and topic_named(example.topic).event is not None
        assert not is_request or faults_by(key, example.key) == []
        assert faults_by(key, f"{example.key}/more") != []
