"""The committed schemas are those of the models, and describe what is really written."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas import generate
from schemas.contract import Contract
from schemas.json_schemas import load
from schemas.options import NAMED_THRESHOLDS
from tests.support.events import (
    analysis_result,
    image_requested_inbox,
    image_submitted,
    image_submitted_inbox,
    new_request_id,
    one_of_each,
)
from tests.support.schema_checks import faults
from topics.catalog import topic_of

NAMES = pytest.mark.parametrize("name", sorted(generate.MODELS))
WRITTEN: dict[str, Contract] = {
    **{topic_of(type(event)).name: event for event in one_of_each()},
    "image-requested-inbox": image_requested_inbox(),
    "image-submitted-inbox": image_submitted_inbox(),
    "analysis-result": analysis_result(new_request_id()),
}
FOR_WRITERS = {name for name in WRITTEN if name.endswith("-inbox")}


def every_object(node: Any) -> list[dict[str, Any]]:
    """Each JSON object inside of a document, itself included."""
    if isinstance(node, list):
        return [found for item in node for found in every_object(item)]
    if not isinstance(node, dict):
        return []
    return [node, *(found for value in node.values() for found in every_object(value))]


def test_the_committed_schemas_are_those_of_the_models() -> None:
    assert generate.stale() == [], "run: python -m schemas.generate"


@NAMES
def test_a_schema_is_valid_2020_12_with_an_id_of_its_own(name: str) -> None:
    schema = load(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:imageanalyzer:{name}:v1"
    assert schema["title"] == generate.MODELS[name].__name__


@NAMES
def test_a_schema_is_open_for_readers(name: str) -> None:
    for part in every_object(load(name)):
        assert "additionalProperties" not in part
        assert "enum" not in part or name in FOR_WRITERS


@pytest.mark.parametrize("name", sorted(FOR_WRITERS))
def test_who_writes_into_an_inbox_is_told_which_values_are_taken(name: str) -> None:
    enums = [part["enum"] for part in every_object(load(name)) if "enum" in part]
    assert sorted(NAMED_THRESHOLDS) in enums
    assert ["interactive", "bulk"] in enums
    document = json.loads(WRITTEN[name].to_json()) | {"lane": "express"}
    assert faults(load(name), document) == [
        "$.lane: 'express' is not one of ['interactive', 'bulk']"
    ]


@NAMES
def test_what_is_written_is_valid(name: str) -> None:
    assert faults(load(name), json.loads(WRITTEN[name].to_json())) == []


@NAMES
def test_what_is_written_stays_valid_with_fields_of_a_newer_version(name: str) -> None:
    document = json.loads(WRITTEN[name].to_json())
    for part in every_object(document):
        part["x_later"] = 1
    assert faults(load(name), document) == []


@NAMES
def test_every_required_field_is_missed(name: str) -> None:
    document = json.loads(WRITTEN[name].to_json())
    for field in load(name)["required"]:
        without = {key: value for key, value in document.items() if key != field}
        assert faults(load(name), without) == [f"$: '{field}' is a required property"]


@NAMES
def test_formats_are_said(name: str) -> None:
    document = json.loads(WRITTEN[name].to_json()) | {"request_id": "42"}
    assert faults(load(name), document) == ["$.request_id: '42' is not a 'uuid'"]


def test_moments_need_an_offset() -> None:
    document = json.loads(image_submitted().to_json()) | {"deadline_at": "2026-03-01T12:00:00"}
    assert faults(load("image-submitted"), document) == [
        "$.deadline_at: '2026-03-01T12:00:00' is not a 'date-time'"
    ]


@NAMES
def test_a_committed_file_is_sorted_and_ends_with_a_newline(name: str) -> None:
    text = generate.file_of(name).read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_an_unpublished_schema_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        load("image-analyzed", version=2)


def test_what_was_loaded_may_be_changed_without_harm() -> None:
    load("image-analyzed").clear()
    assert load("image-analyzed")["title"] == "ImageAnalyzed"
