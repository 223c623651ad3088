"""Every route has a policy, a description and examples; every error is a problem."""

from typing import Any

import httpx
import pytest
from starlette.routing import Route

from ingest_api import errors
from ingest_api.errors import Refusal
from ingest_api.policies import POLICIES
from schemas.failures import FailureCode
from schemas.http import Problem
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import TwinApi


def test_every_route_has_a_policy_and_every_policy_a_route(api: TwinApi) -> None:
    found = {
        (method, route.path)
        for route in api.app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert found == set(POLICIES)


async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


async def test_the_document_describes_every_route(client: httpx.AsyncClient) -> None:
    paths = (await document(client))["paths"]
    described = {(method.upper(), path) for path, found in paths.items() for method in found}
    assert described == set(POLICIES)
    for (method, path), policy in POLICIES.items():
        operation = paths[path][method.lower()]
        assert operation["summary"]
        assert operation["description"]
        assert ("security" in operation) == (policy.access.value == "tenant")


async def test_every_answer_has_an_example(client: httpx.AsyncClient) -> None:
    paths = (await document(client))["paths"]
    for path, operations in paths.items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                for media_type, content in answer["content"].items():
                    has_one = "example" in content or "examples" in content
                    assert has_one or media_type == "text/plain", (path, status)
                    for example in content.get("examples", {}).values():
                        Problem.model_validate(example["value"])


async def test_references_lead_somewhere(client: httpx.AsyncClient) -> None:
    found = await document(client)
    schemas = found["components"]["schemas"]
    text = (await client.get("/openapi.json")).text
    for part in text.split('"$ref":"#/components/schemas/')[1:]:
        assert part.split('"')[0] in schemas


def test_codes_have_one_sentence_each() -> None:
    titles: dict[str, set[str]] = {}
    refusals = [value for value in vars(errors).values() if isinstance(value, Refusal)]
    for refusal in (*refusals, *errors.FAILED_REFUSALS):
        titles.setdefault(refusal.code, set()).add(refusal.title)
    assert {code: found for code, found in titles.items() if len(found) > 1} == {}
    assert {refusal.code for refusal in errors.FAILED_REFUSALS} == {str(c) for c in FailureCode}


async def test_the_pictures_faults_are_never_ours() -> None:
    ours = {"object_missing", "integrity_mismatch", "retries_exhausted", "internal_error"}
    for refusal in errors.FAILED_REFUSALS:
        assert (refusal.status == 500) == (refusal.code in ours)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v1/analyses/", 404, "not_found"),
        ("GET", "/api/v1/events/", 404, "not_found"),
        ("DELETE", "/api/v1/events", 405, "method_not_allowed"),
        ("GET", "/api/v1/analyze/upload", 405, "method_not_allowed"),
        ("POST", "/health", 405, "method_not_allowed"),
        ("OPTIONS", "/api/v1/events", 405, "method_not_allowed"),
    ],
)
async def test_the_frameworks_own_refusals_are_problems(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    problem_of(answer, status, code)
    assert status != 405 or answer.headers["allow"]


async def test_a_refused_method_names_those_that_the_path_has(client: httpx.AsyncClient) -> None:
    for path, allowed in (("keys", "GET, POST"), ("users/x", "DELETE, PATCH"), ("events", "GET")):
        answer = await client.request("OPTIONS", f"/api/v1/{path}")
        assert problem_of(answer, 405, "method_not_allowed")["allowed"] == allowed
        assert answer.headers["allow"] == allowed


async def test_every_answer_is_guarded(client: httpx.AsyncClient) -> None:
    for path in ("/health", "/docs", "/api/v1/analyses/x", "/api/v1/nothing"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert len(headers["x-trace-id"]) == 32


@pytest.mark.parametrize(
    "traceparent",
    ["", "x", "00-" + "0" * 32 + "-" + "1" * 16 + "-01", "ff" * 600, "00-é", "00-" + "a" * 32],
)
async def test_a_broken_trace_starts_a_new_one(client: httpx.AsyncClient, traceparent: str) -> None:
    headers = {b"traceparent": traceparent.encode()}
    answer = await client.get("/health", headers=headers)
    assert answer.status_code == 200
    assert len(answer.headers["x-trace-id"]) == 32
