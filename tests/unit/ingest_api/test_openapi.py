"""The OpenAPI document says what may be sent, and what comes back."""

from typing import Any

import httpx
import pytest

from ingest_api.examples import VIEW
from ingest_api.multipart import _MAX_PARTS
from ingest_api.options import OPTION_NAMES
from schemas.http import AnalysisView

UPLOAD, URL = "/api/v1/analyze/upload", "/api/v1/analyze/url"
CANCEL = "/api/v1/analyses/{request_id}/cancel"


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def codes(document: dict[str, Any], path: str, status: int) -> set[str]:
    response = document["paths"][path]["post"]["responses"][str(status)]
    return set(response["content"]["application/problem+json"]["examples"])


def test_the_view_in_the_example_has_every_field() -> None:
    assert set(VIEW) == set(AnalysisView.model_fields)
    AnalysisView.model_validate(VIEW)


async def test_the_view_says_lane_cancel_and_replays(document: dict[str, Any]) -> None:
    view = document["components"]["schemas"]["AnalysisView"]["properties"]
    assert set(view) == set(AnalysisView.model_fields)
    assert view["lane"]["enum"] == ["interactive", "bulk"]
    assert {"format": "uuid", "type": "string"} in view["replay_of"]["anyOf"]
    assert {"format": "date-time", "type": "string"} in view["cancel_requested_at"]["anyOf"]


@pytest.mark.parametrize("path", [UPLOAD, URL])
async def test_work_may_have_a_name_and_a_lane(document: dict[str, Any], path: str) -> None:
    operation = document["paths"][path]["post"]
    [key] = [each for each in operation["parameters"] if each["name"] == "Idempotency-Key"]
    assert (key["in"], key["required"]) == ("header", False)
    assert (key["schema"]["minLength"], key["schema"]["maxLength"]) == (1, 255)
    [body] = operation["requestBody"]["content"].values()
    lane = body["schema"]["properties"]["lane"]
    assert (lane["enum"], lane["default"]) == (["interactive", "bulk"], "interactive")
    assert "invalid_idempotency_key" in codes(document, path, 400)
    assert "idempotency_key_reused" in codes(document, path, 422)
    assert "overloaded" in codes(document, path, 503)


async def test_what_a_form_may_have_fits_into_its_parts(document: dict[str, Any]) -> None:
    [body] = document["paths"][UPLOAD]["post"]["requestBody"]["content"].values()
    parts = body["schema"]["properties"]
    assert set(parts) == {*OPTION_NAMES, "image"}
    assert len(parts) - 1 + parts["labels"]["maxItems"] <= _MAX_PARTS


async def test_an_analysis_may_be_cancelled(document: dict[str, Any]) -> None:
    operation = document["paths"][CANCEL]["post"]
    assert operation["operationId"] == "cancel_analysis"
    assert operation["security"] == [{"bearer": []}, {"api_key": []}]
    accepted = operation["responses"]["202"]["content"]["application/json"]
    assert accepted["schema"] == {"$ref": "#/components/schemas/Accepted"}
    assert codes(document, CANCEL, 409) == {"already_finished"}
    assert codes(document, CANCEL, 404) == {"not_found"}
    assert "422" not in operation["responses"]
