"""Documents made by the released schemas are read today, and what is written today by theirs."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from schemas.compatibility_directions import DIRECTIONS, Direction
from schemas.failures import FailureCode
from schemas.generate import MODELS
from schemas.json_schemas import load
from schemas.labels import COCO_LABELS
from schemas.releases import Json, Releases
from tests.support.schema_checks import faults
from tests.support.schema_documents import documents

SOME = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # the fault says where; to shrink such a document takes minutes
    suppress_health_check=[HealthCheck.too_slow],  # the machine is shared by many tests
)
RELEASED = [
    pytest.param(name, schema, id=f"{name}-{number}")
    for name in Releases().names()
    for number, schema in Releases().schemas(name).items()
]
CONSUMED, PRODUCED = (
    pytest.mark.parametrize(
        ("name", "released"),
        [param for param in RELEASED if direction in DIRECTIONS[str(param.values[0])]],
    )
    for direction in (Direction.CONSUMED, Direction.PRODUCED)
)


def as_meant(document: Json) -> Json:
    """The document with what models ask beyond their schemas: the codes that are known, labels of
    COCO 2017, and a result that is of its request."""
    meant = dict(document)
    if "code" in meant and meant["code"] not in list(FailureCode):
        meant["code"] = FailureCode.INTERNAL_ERROR
    if "result" in meant:
        meant["result"] = {**meant["result"], "request_id": meant["request_id"]}
    labels = meant.get("options", {}).get("labels")
    if labels:
        known = [COCO_LABELS[number] for number, _ in enumerate(labels)]
        meant["options"] = {**meant["options"], "labels": known}
    return meant


def bytes_of(document: Any) -> bytes:
    return json.dumps(document).encode()


@CONSUMED
def test_what_a_release_lets_be_written_is_valid_and_is_read(name: str, released: Json) -> None:
    schema = load(name)

    @SOME
    @given(documents(released))
    def check(document: Json) -> None:
        assert faults(released, document) == []
        assert faults(schema, document) == []
        MODELS[name].read(bytes_of(as_meant(document)))

    check()


@PRODUCED
def test_what_is_written_today_is_valid_for_a_reader_of_a_release(
    name: str, released: Json
) -> None:
    @SOME
    @given(documents(load(name)))
    def check(document: Json) -> None:
        written = MODELS[name].read(bytes_of(as_meant(document))).to_json()
        assert faults(released, json.loads(written)) == []

    check()
