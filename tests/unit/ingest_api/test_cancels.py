"""POST /api/v1/analyses/{request_id}/cancel: noted first, told second, and nobody else's."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from schemas.events import CancelRequested
from schemas.failures import FailureCode
from storage.ports import Request
from tests.unit.ingest_api.outcomes import analyzed, failed
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi, nothing_yet
from topics.catalog import CANCEL_REQUESTED
from topics.codec import decode

UPLOAD = "/api/v1/analyze/upload"
FAR = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
async def path(api: TwinApi, client: httpx.AsyncClient) -> str:
    """Where an analysis without an outcome is found."""
    api.answer = nothing_yet
    answer = await client.post(UPLOAD, files={"image": picture()}, headers=ASYNC)
    return answer.headers["location"]


def row_of(api: TwinApi) -> Request:
    return api.analyses.requests[0]


def told(api: TwinApi) -> list[CancelRequested]:
    events = [
        decode(record, CANCEL_REQUESTED).event for record in api.log.records["cancel-requested"]
    ]
    return [event for event in events if isinstance(event, CancelRequested)]


async def noted_at(api: TwinApi) -> datetime | None:
    found = await api.analyses.find("acme", row_of(api).request_id)
    assert found is not None
    return found.cancel_requested_at


async def untold(api: TwinApi) -> int:
    """How many cancels the sweeper has to tell."""
    return len(
        await api.analyses.find_unannounced_cancels(datetime.now(UTC) - timedelta(days=1), FAR, 10)
    )


async def test_it_is_noted_and_told_and_the_state_will_say(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    before = datetime.now(UTC)
    answer = await client.post(f"{path}/cancel")
    assert answer.status_code == 202
    assert answer.headers["location"] == path
    assert answer.json()["state"] == "accepted"
    assert answer.json()["links"]["self"] == path
    at = await noted_at(api)
    assert at is not None
    assert before <= at <= datetime.now(UTC)
    row = row_of(api)
    assert told(api) == [
        CancelRequested(request_id=row.request_id, tenant_id="acme", requested_at=at)
    ]
    assert await untold(api) == 0


async def test_the_trace_of_the_caller_goes_on_in_the_event(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    await client.post(
        f"{path}/cancel", headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"}
    )
    (record,) = api.log.records["cancel-requested"]
    assert (record.header("traceparent") or "").split("-")[1] == trace_id


async def test_the_view_shows_since_when_it_is_asked_for(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    assert (await client.get(path)).json()["cancel_requested_at"] is None
    await client.post(f"{path}/cancel")
    view = (await client.get(path)).json()
    assert view["state"] == "accepted"
    assert datetime.fromisoformat(view["cancel_requested_at"]) == await noted_at(api)
    api.say(failed(row_of(api), FailureCode.CANCELLED))
    ended = (await client.get(path)).json()
    assert ended["state"] == "cancelled"
    assert ended["cancel_requested_at"] == view["cancel_requested_at"]


async def test_a_repeat_says_the_same_fact_again(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    first, again = await client.post(f"{path}/cancel"), await client.post(f"{path}/cancel")
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    one, other = told(api)
    assert one == other
    ids = {record.header("ce_id") for record in api.log.records["cancel-requested"]}
    assert len(ids) == 1


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled", "expired"])
@pytest.mark.parametrize("is_recorded", [True, False])
async def test_what_has_an_outcome_is_a_409_with_its_state(
    api: TwinApi, client: httpx.AsyncClient, path: str, state: str, is_recorded: bool
) -> None:
    codes = {"failed": FailureCode.FETCH_FAILED, "cancelled": FailureCode.CANCELLED}
    row = row_of(api)
    code = codes.get(state, FailureCode.DEADLINE_EXCEEDED)
    outcome = analyzed(row) if state == "completed" else failed(row, code)
    if is_recorded:
        await api.analyses.record([outcome])
    else:
        api.say(outcome)
    body = problem_of(await client.post(f"{path}/cancel"), 409, "already_finished")
    assert body["detail"] == f"it is {state}"
    assert body["request_id"] == str(row.request_id)
    assert told(api) == []
    assert await noted_at(api) is None


async def test_unknown_anothers_and_malformed_are_the_same_404(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    async with api.client("globex") as other:
        bodies = [problem_of(await other.post(f"{path}/cancel"), 404, "not_found")]
    for name in (uuid4(), "x", "1" * 3000, path.rpartition("/")[2][:-1]):
        answer = await client.post(f"/api/v1/analyses/{name}/cancel")
        bodies.append(problem_of(answer, 404, "not_found"))
    for body in bodies:
        body.pop("trace_id")
    assert bodies == bodies[:1] * len(bodies)
    assert told(api) == []
    assert await noted_at(api) is None


async def test_a_log_that_is_down_leaves_it_to_the_sweeper(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    api.log.is_down = True
    answer = await client.post(f"{path}/cancel")
    assert answer.status_code == 202
    assert await noted_at(api) is not None
    assert await untold(api) == 1
    api.log.is_down = False
    assert (await client.post(f"{path}/cancel")).status_code == 202
    assert await untold(api) == 0
    assert [event.requested_at for event in told(api)] == [await noted_at(api)]


async def test_postgres_gone_promises_nothing(
    api: TwinApi, client: httpx.AsyncClient, path: str
) -> None:
    api.postgres.is_down = True
    answer = await client.post(f"{path}/cancel")
    problem_of(answer, 503, "dependency_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert told(api) == []


async def test_only_posting_cancels(client: httpx.AsyncClient, path: str) -> None:
    body = problem_of(await client.get(f"{path}/cancel"), 405, "method_not_allowed")
    assert body["allowed"] == "POST"


async def test_without_a_credential_nobody_cancels(api: TwinApi, path: str) -> None:
    async with api.client(None) as nobody:
        problem_of(await nobody.post(f"{path}/cancel"), 401, "unauthenticated")
    assert told(api) == []
