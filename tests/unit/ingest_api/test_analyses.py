"""GET /api/v1/analyses/{request_id}: nearest first, and nothing of anybody else's."""

from uuid import uuid4

import httpx
import pytest

from ingest_api.settings import ApiSettings
from schemas.failures import FailureCode
from schemas.http import AnalysisView
from tests.unit.ingest_api.outcomes import analyzed, failed
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi, nothing_yet

UPLOAD = "/api/v1/analyze/upload"


@pytest.fixture
async def path(api: TwinApi, client: httpx.AsyncClient) -> str:
    """Where an analysis without an outcome is found."""
    api.answer = nothing_yet
    answer = await client.post(UPLOAD, files={"image": picture()}, headers=ASYNC)
    return answer.headers["location"]


async def test_accepted(client: httpx.AsyncClient, path: str) -> None:
    body = (await client.get(path)).json()
    assert (body["state"], body["finished_at"]) == ("accepted", None)
    assert (body["result"], body["failure"]) == (None, None)
    assert body["links"]["self"] == path


async def test_completed_comes_from_the_record_once_and_then_from_the_cache(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    await api.analyses.record([analyzed(api.analyses.requests[0])])
    finds = api.analyses.finds
    first, second = await client.get(path), await client.get(path)
    assert api.analyses.finds == finds + 1
    assert first.content == second.content
    view = AnalysisView.model_validate_json(first.content)
    assert view.result is not None
    assert view.result.request_id == view.request_id
    assert view.finished_at is not None


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (FailureCode.IMAGE_UNDECODABLE, "failed"),
        (FailureCode.CANCELLED, "cancelled"),
        (FailureCode.DEADLINE_EXCEEDED, "expired"),
    ],
)
async def test_failed(
    api: TwinApi, client: httpx.AsyncClient, path: str, code: FailureCode, state: str
) -> None:
    await api.analyses.record([failed(api.analyses.requests[0], code)])
    body = (await client.get(path)).json()
    assert (body["state"], body["result"]) == (state, None)
    assert body["failure"] == {
        "code": code.value,
        "message": f"the twin says {code.value}",
        "retryable": False,
        "attempts": 1,
    }


async def test_a_request_and_its_replay_name_each_other(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    old, new_id = api.analyses.requests[0], uuid4()
    await api.analyses.record([failed(old, FailureCode.RETRIES_EXHAUSTED)])
    view = (await client.get(path)).json()
    assert (view["replay_of"], view["replayed_as"]) == (None, None)
    await api.analyses.accept_replay(
        "acme", old.request_id, as_id=new_id, at=old.deadline_at, deadline_at=old.deadline_at
    )
    view = (await client.get(path)).json()
    assert (view["state"], view["replay_of"]) == ("failed", None)
    assert view["replayed_as"] == str(new_id)
    again = (await client.get(f"/api/v1/analyses/{new_id}")).json()
    assert (again["state"], again["replayed_as"]) == ("accepted", None)
    assert again["replay_of"] == str(old.request_id)


async def test_seen_by_the_tail_and_not_yet_recorded(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    row = api.analyses.requests[0]
    api.say(analyzed(row))
    api.say(failed(row, FailureCode.DEADLINE_EXCEEDED))
    assert (await client.get(path)).json()["state"] == "completed"
    api.postgres.is_down = True
    assert (await client.get(path)).json()["state"] == "completed"


async def test_the_record_gone_and_nobody_else_knows(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    api.postgres.is_down = True
    answer = await client.get(path)
    problem_of(answer, 503, "dependency_unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_the_cache_gone_is_slower(api: TwinApi, client: httpx.AsyncClient, path: str) -> None:
    api.cache.switch.is_down = True
    await api.analyses.record([analyzed(api.analyses.requests[0])])
    assert (await client.get(path)).json()["state"] == "completed"


async def test_unknown_anothers_and_malformed_are_the_same_404(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    async with api.client("globex") as other:
        bodies = [problem_of(await other.get(path), 404, "not_found")]
    for name in (uuid4(), "x", "1" * 3000, "%00", "%ff", path.rpartition("/")[2][:-1]):
        answer = await client.get(f"/api/v1/analyses/{name}")
        bodies.append(problem_of(answer, 404, "not_found"))
    for body in bodies:
        body.pop("trace_id")
    assert bodies == bodies[:1] * len(bodies)


async def test_links_begin_with_the_public_address_when_it_is_known() -> None:
    settings = ApiSettings(public_url="https://images.example/analyzer")
    async with TwinApi(settings).running() as api, api.client() as client:
        answer = await client.post(UPLOAD, files={"image": picture()}, headers=ASYNC)
    row = api.analyses.requests[0]
    itself = f"https://images.example/analyzer/api/v1/analyses/{row.request_id}"
    assert answer.headers["location"] == itself
    assert answer.json()["links"] == {"self": itself, "events": f"{itself}/events"}
