"""What the cache keeps is read back, or is a miss; it never is somebody else's."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from storage.cached_analysis import from_cached, to_cached
from storage.ports import Analysis, Pending
from tests.contract.storage.examples import (
    NOON,
    completed_analysis,
    failed_analysis,
    upload_request,
    url_request,
)

COMPLETED = completed_analysis()


def cached(analysis: Analysis) -> bytes:
    value = to_cached(analysis)
    assert value is not None
    return value


def read(value: bytes) -> Analysis | None:
    return from_cached(value, COMPLETED.request.tenant_id, COMPLETED.request.request_id)


@pytest.mark.parametrize(
    "analysis",
    [
        completed_analysis(url_request()),
        completed_analysis(upload_request()),
        failed_analysis(url_request()),
        failed_analysis(upload_request()),
        replace(
            failed_analysis(),
            lane="bulk",
            cancel_requested_at=NOON,
            replay_of=uuid4(),
            replayed_as=uuid4(),
            replay_number=2,
        ),
    ],
)
def test_there_and_back(analysis: Analysis) -> None:
    request = analysis.request
    assert from_cached(cached(analysis), request.tenant_id, request.request_id) == analysis


def test_what_an_earlier_version_kept_is_read_with_the_story_that_it_had() -> None:
    document: dict[str, Any] = json.loads(cached(COMPLETED))
    earlier = {name: document[name] for name in ("request", "outcome")}
    assert earlier != document
    assert read(json.dumps(earlier).encode()) == COMPLETED


def test_what_is_pending_is_not_kept() -> None:
    assert to_cached(Analysis(url_request(), Pending())) is None


@pytest.mark.parametrize(
    "value", [b"", b"null", b"{}", b"[]", b"\xff\xfe", b'{"request": 1, "outcome": 2}', b"NaN"]
)
def test_garbage_is_a_miss(value: bytes) -> None:
    assert read(value) is None


def test_a_value_cut_short_is_a_miss() -> None:
    value = cached(COMPLETED)
    assert read(value) == COMPLETED
    assert all(read(value[:end]) is None for end in range(0, len(value), 7))


def test_a_value_of_another_tenant_or_request_is_a_miss() -> None:
    request = COMPLETED.request
    assert from_cached(cached(COMPLETED), "globex", request.request_id) is None
    assert from_cached(cached(COMPLETED), request.tenant_id, uuid4()) is None


def test_a_result_of_another_request_is_a_miss() -> None:
    document: dict[str, Any] = json.loads(cached(COMPLETED))
    document["outcome"]["result"]["request_id"] = str(uuid4())
    assert read(json.dumps(document).encode()) is None


@pytest.mark.parametrize("outcome", [{}, {"state": "accepted"}, {"finished_at": "2026-01-01"}])
def test_an_outcome_of_no_known_shape_is_a_miss(outcome: dict[str, Any]) -> None:
    document: dict[str, Any] = json.loads(cached(COMPLETED)) | {"outcome": outcome}
    assert read(json.dumps(document).encode()) is None
