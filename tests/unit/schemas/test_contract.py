"""Contracts are closed for writers and open for readers, and equal facts are equal bytes."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from schemas.contract import Contract, RequestFact, canonical_json
from schemas.events import ImageAnalyzed, ImageSubmitted
from schemas.failures import FailureCode
from schemas.options import NAMED_THRESHOLDS, AnalysisOptions
from tests.support.events import (
    analysis_failed,
    analysis_result,
    image_analyzed,
    image_requested,
    image_submitted,
    new_request_id,
    one_of_each,
)

EVENTS = pytest.mark.parametrize("event", one_of_each(), ids=lambda event: type(event).__name__)


@EVENTS
def test_an_event_survives_the_wire(event: Contract) -> None:
    assert type(event).read(event.to_json()) == event
    assert type(event).read(event.to_json()).to_json() == event.to_json()


@EVENTS
def test_an_event_cannot_be_changed(event: RequestFact) -> None:
    for field in type(event).model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(event, field, None)


@EVENTS
def test_a_writer_may_not_invent_fields_and_a_reader_ignores_them(event: Contract) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        type(event).model_validate(event.model_dump() | {"x_later": 1})
    later = json.dumps(json.loads(event.to_json()) | {"x_later": 1}).encode()
    assert type(event).read(later) == event


def test_the_key_is_tenant_and_request() -> None:
    event = image_submitted("acme")
    assert event.key == f"acme/{event.request_id}"


def test_moments_are_kept_in_utc_to_the_microsecond() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    event = analysis_failed(accepted_at=datetime(2026, 3, 1, 17, 30, 0, 7, tzinfo=east))
    assert event.accepted_at == datetime(2026, 3, 1, 12, 0, 0, 7, tzinfo=UTC)
    assert b'"2026-03-01T12:00:00.000007Z"' in event.to_json()


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-01T12:00:00"]
)
def test_a_moment_without_offset_or_outside_of_the_calendar_is_invalid(moment: str) -> None:
    with pytest.raises(ValidationError, match="accepted_at"):
        analysis_failed(accepted_at=moment)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", '"NaN"', '"inf"'])
def test_no_number_is_endless_or_none(number: str) -> None:
    text = image_analyzed().to_json().replace(b'"confidence":0.8125', b'"confidence":NUMBER')
    with pytest.raises(ValidationError, match="confidence"):
        ImageAnalyzed.read(text.replace(b"NUMBER", number.encode()))


@pytest.mark.parametrize(
    "tenant", ["", "Acme", "a/b", "a b", "-a", "a" * 64, "a\n", "é", "..", "a."]
)
def test_a_tenant_that_is_unsafe_in_a_path_or_header_is_refused(tenant: str) -> None:
    with pytest.raises(ValidationError, match="tenant_id"):
        image_requested(tenant)


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a/.b", "a b", "a\n", "é", "a/" * 255 + "bcd"],
)
def test_an_object_key_that_could_leave_its_folder_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="object_key"):
        image_submitted(object_key=key)


def test_a_result_belongs_to_the_request_of_its_event() -> None:
    with pytest.raises(ValidationError, match=r"result\.request_id differs"):
        image_analyzed(result=analysis_result(new_request_id()))


@pytest.mark.parametrize("name", NAMED_THRESHOLDS)
def test_a_named_threshold_is_written_as_its_number(name: str) -> None:
    options = AnalysisOptions.read(json.dumps({"confidence_threshold": name}).encode())
    assert json.loads(options.to_json())["confidence_threshold"] == NAMED_THRESHOLDS[name]


@pytest.mark.parametrize("threshold", ["highest", "0.5", "", True, -0.1, 1.1, None, []])
def test_any_other_threshold_is_refused(threshold: object) -> None:
    with pytest.raises(ValidationError, match="confidence_threshold"):
        AnalysisOptions.model_validate({"confidence_threshold": threshold})


def test_labels_are_sorted_without_repeats_and_known() -> None:
    assert AnalysisOptions(labels=("dog", "cat", "dog")).labels == ("cat", "dog")
    with pytest.raises(ValidationError, match="not COCO 2017 names: unicorn"):
        AnalysisOptions(labels=("dog", "unicorn"))
    with pytest.raises(ValidationError, match="labels"):
        AnalysisOptions(labels=())


def test_equal_values_have_equal_canonical_bytes() -> None:
    assert canonical_json({"b": 1, "a": [True, None]}) == b'{"a":[true,null],"b":1}'
    assert canonical_json({"a": [True, None], "b": 1}) == canonical_json(
        {"b": 1, "a": [True, None]}
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_codes_that_were_given_out_keep_their_names() -> None:
    assert {code.value for code in FailureCode} >= {
        "image_undecodable", "image_unsupported", "image_too_large", "address_not_allowed",
        "fetch_failed", "model_unknown", "object_missing", "integrity_mismatch",
        "deadline_exceeded", "cancelled", "invalid_event", "retries_exhausted", "internal_error",
    }  # fmt: skip


def test_a_reader_takes_a_work_event_of_an_older_version_without_newer_options() -> None:
    body = json.loads(image_submitted().to_json())
    body["options"] = {}
    assert ImageSubmitted.read(json.dumps(body).encode()).options == AnalysisOptions()
