"""Query strings: what is not taken is refused by name, but for probes; types of bodies are kept."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from ingest_api.policies import POLICIES
from ingest_api.queries import Queries, parameters_of
from schemas.roles import Role
from storage.ports import ApiKey
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import TwinApi

MALFORMED = {
    "NUL": "limit=%00",
    "half a pair": "limit=%ED%A0%80",
    "no UTF-8": "limit=%FF",
    "twice": "limit=1&limit=2",
    "many": "&".join(f"x{number}=1" for number in range(21)),
}


async def nothing(limit: int = 1) -> dict[str, int]:
    return {"limit": limit}


@pytest.fixture
def one_parameter() -> httpx.AsyncClient:
    """A route that takes `limit` by its handler and `after` by its description."""
    app = FastAPI(openapi_url=None)
    described = {"parameters": [{"name": "after", "in": "query"}, {"name": "X-Y", "in": "header"}]}
    app.add_api_route("/things", nothing, openapi_extra=described)
    app.add_middleware(Queries, routes=app.routes)
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://api")


@pytest.mark.parametrize("path", ["/api/v1/auth/me", "/docs", "/openapi.json", "/asyncapi.json"])
async def test_a_parameter_that_is_not_taken_is_named(client: httpx.AsyncClient, path: str) -> None:
    refused = problem_of(await client.get(f"{path}?page=2"), 400, "unknown_parameter")
    assert (refused["field"], refused["allowed"]) == ("page", "none")


async def test_nobody_is_told_before_it_is_known_who_asks(api: TwinApi) -> None:
    async with api.client(None) as stranger:
        problem_of(await stranger.get("/api/v1/keys?page=2"), 401, "unauthenticated")


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_a_probe_is_not_refused_over_a_parameter(
    client: httpx.AsyncClient, path: str
) -> None:
    assert (await client.get(f"{path}?verbose")).status_code == 200


async def test_what_is_taken_is_what_is_described(one_parameter: httpx.AsyncClient) -> None:
    assert (await one_parameter.get("/things?limit=2&after=x")).json() == {"limit": 2}
    assert (await one_parameter.get("/things?")).status_code == 200
    assert (await one_parameter.get("/nothing?a=b")).status_code == 404
    refused = (await one_parameter.get("/things?X-Y=1")).json()
    assert (refused["code"], refused["allowed"]) == ("unknown_parameter", "after, limit")


@pytest.mark.parametrize("query", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_no_text_is_refused(one_parameter: httpx.AsyncClient, query: str) -> None:
    answer = await one_parameter.get(f"/things?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "query_malformed")


async def test_the_name_given_back_is_cut_and_printable(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/docs?{'%1b' + 'x' * 200}=1")
    assert problem_of(answer, 400, "unknown_parameter")["field"] == "?" + "x" * 99


async def test_the_document_has_the_parameters_that_are_taken(api: TwinApi) -> None:
    paths = api.app.openapi()["paths"]
    for route in api.app.routes:
        assert isinstance(route, APIRoute)
        for method in route.methods or ():
            described = paths[route.path][method.lower()]["parameters"]
            names = {one["name"] for one in described if one["in"] == "query"}
            assert names == parameters_of(route), (method, route.path)
            assert (method, route.path) in POLICIES


WRONG_TYPES: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", "keys", {"name": "x", "networks": [5]}, "networks"),
    ("POST", "keys", {"name": "x", "expires_at": 1_900_000_000}, "expires_at"),
    ("POST", "users", {"username": "x", "password": "p" * 12, "role": 1}, "role"),
    ("PATCH", "users/{user_id}", {"disabled": "true"}, "disabled"),
    ("PATCH", "users/{user_id}", {"disabled": 1}, "disabled"),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), WRONG_TYPES)
async def test_a_value_of_another_type_is_refused(
    api: TwinApi, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    async with await api.let_in("k", ApiKey("key-k", "acme", Role.ADMIN)) as admin:
        wish = {"username": "somebody", "password": "p" * 12}
        user_id = (await admin.post("/api/v1/users", json=wish)).json()["user_id"]
        answer = await admin.request(method, f"/api/v1/{path.format(user_id=user_id)}", json=body)
        assert problem_of(answer, 422, "invalid_option")["field"] == field
