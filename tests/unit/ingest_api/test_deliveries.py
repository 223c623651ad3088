"""GET /api/v1/analyses/{request_id}/deliveries: what a tenant learns of how it was told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from ingest_api.settings import ApiSettings
from outbound.callbacks import CallbackRules
from storage.deliveries import Attempt, Room, Verdict
from storage.deliveries_memory import MemoryDeliveryStore
from tests.unit.ingest_api.outcomes import NOON, analyzed
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi, nothing_yet

SECRET_PART = "token-of-the-receiver"
BODY = {
    "image_url": "https://example.com/a.jpg",
    "callback_url": f"https://hooks.example/{SECRET_PART}",
}


@pytest.fixture
async def api(settings: ApiSettings) -> AsyncIterator[TwinApi]:
    twin = TwinApi(settings, callbacks=CallbackRules(is_on=True))
    twin.answer = nothing_yet
    async with twin.running():
        yield twin


async def accepted(api: TwinApi, **changes: Any) -> str:
    async with api.client() as client:
        answer = await client.post("/api/v1/analyze/url", json=BODY | changes, headers=ASYNC)
    assert answer.status_code == 202
    return str(answer.json()["request_id"])


async def deliveries_of(api: TwinApi, request_id: str) -> list[dict[str, Any]]:
    async with api.client() as client:
        answer = await client.get(f"/api/v1/analyses/{request_id}/deliveries")
    assert answer.status_code == 200, answer.text
    assert SECRET_PART not in answer.text
    body = answer.json()
    assert body["request_id"] == request_id
    found: list[dict[str, Any]] = body["deliveries"]
    return found


async def test_there_is_none_without_a_callback_or_an_outcome(api: TwinApi) -> None:
    assert await deliveries_of(api, await accepted(api)) == []
    request_id = await accepted(api, callback_url=None)
    await api.analyses.record([analyzed(request) for request in api.analyses.requests])
    assert await deliveries_of(api, request_id) == []


async def test_attempts_are_shown_as_they_went(api: TwinApi) -> None:
    request_id = await accepted(api)
    await api.analyses.record([analyzed(api.analyses.requests[0])])
    store = MemoryDeliveryStore(api.analyses)
    (pending,) = await deliveries_of(api, request_id)
    assert pending["state"] == "pending"
    assert pending["next_attempt_at"]
    for status, verdict in ((503, Verdict("pending", timedelta())), (204, Verdict("delivered"))):
        (claim,) = await store.claim(Room(1, 1, 1), lease=timedelta(minutes=1))
        tried = Attempt(number=claim.number, event=claim.event, at=NOON, took_ms=5, status=status)
        assert await store.finish(claim, tried, verdict)
    (delivered,) = await deliveries_of(api, request_id)
    assert delivered["state"] == "delivered"
    assert delivered["receiver"] == "hooks.example"
    assert delivered["next_attempt_at"] is None
    assert delivered["finished_at"]
    assert delivered["attempts_begun"] == 2
    assert [(each["number"], each["status"]) for each in delivered["attempts"]] == [
        (1, 503), (2, 204),
    ]  # fmt: skip


async def test_anothers_is_as_unknown_as_what_is_not_there(api: TwinApi) -> None:
    request_id = await accepted(api)
    async with api.client("globex") as client:
        theirs = await client.get(f"/api/v1/analyses/{request_id}/deliveries")
        nobodys = await client.get(f"/api/v1/analyses/{'0' * 8}/deliveries")
    first, second = (problem_of(answer, 404, "not_found") for answer in (theirs, nobodys))
    assert first | {"trace_id": ""} == second | {"trace_id": ""}
