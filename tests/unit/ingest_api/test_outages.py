"""A store that is gone: come back later, and nothing was promised. Too much work: the same."""

import httpx
import pytest

from ingest_api.capacity import UnfinishedCap
from ingest_api.errors import RefusedError
from ingest_api.settings import ApiSettings
from ingest_api.throughput import Throughput
from storage.unfinished import UnfinishedCount
from tests.unit.ingest_api.failing_stores import Analyses, Switch
from tests.unit.ingest_api.outcomes import analyzed
from tests.unit.ingest_api.pictures import picture
from tests.unit.ingest_api.problems import problem_of
from tests.unit.ingest_api.twin_api import ASYNC, TwinApi, nothing_yet

UPLOAD = "/api/v1/analyze/upload"
URL = "/api/v1/analyze/url"


async def test_the_bucket_gone(api: TwinApi, client: httpx.AsyncClient) -> None:
    api.images.switch.is_down = True
    answer = await client.post(UPLOAD, files={"image": picture()})
    assert "bucket" in problem_of(answer, 503, "dependency_unavailable")["detail"]
    assert int(answer.headers["retry-after"]) > 0
    assert api.is_empty
    assert (await client.post(URL, json={"image_url": "http://example.com/"})).status_code == 200


async def test_postgres_gone_between_object_and_row(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    def cut() -> None:
        api.postgres.is_down = True

    api.images.then = cut
    answer = await client.post(UPLOAD, files={"image": picture()})
    assert "postgres" in problem_of(answer, 503, "dependency_unavailable")["detail"]
    assert not api.analyses.requests
    assert not any(api.log.records.values())


async def test_postgres_gone(api: TwinApi, client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/analyses/x")).status_code == 404
    api.postgres.is_down = True
    for answer in (
        await client.post(UPLOAD, files={"image": picture()}),
        await client.post(URL, json={"image_url": "http://example.com/"}),
    ):
        problem_of(answer, 503, "dependency_unavailable")
        assert int(answer.headers["retry-after"]) > 0
    assert api.is_empty


async def test_postgres_gone_while_a_client_waits_keeps_the_promise(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    def cut(_: object) -> None:
        api.postgres.is_down = True

    api.answer = cut
    answer = await client.post(UPLOAD, files={"image": picture()}, headers={"Prefer": "wait=1"})
    assert answer.status_code == 202


async def test_redis_and_the_log_gone_do_not_stop_acceptance(
    api: TwinApi, client: httpx.AsyncClient
) -> None:
    api.cache.switch.is_down = True
    api.log.is_down = True
    answer = await client.post(UPLOAD, files={"image": picture()}, headers=ASYNC)
    assert answer.status_code == 202
    assert len(api.analyses.requests) == 1
    failures = api.metrics.registry.get_sample_value("analyzer_announce_failures_total")
    assert failures == 1


async def test_unfinished_work_has_a_limit() -> None:
    async with TwinApi(ApiSettings(max_unfinished=3)).running() as api, api.client() as client:
        api.answer = nothing_yet
        for _ in range(3):
            answer = await client.post(UPLOAD, files={"image": picture()}, headers=ASYNC)
            assert answer.status_code == 202
        for answer in (
            await client.post(UPLOAD, files={"image": picture()}, headers=ASYNC),
            await client.post(URL, json={"image_url": "http://example.com/"}, headers=ASYNC),
        ):
            assert problem_of(answer, 503, "overloaded")["limit"] == 3
            assert int(answer.headers["retry-after"]) > 0
        assert len(api.analyses.requests) == 3
        assert len(api.images.keys) == 3


async def test_rows_are_counted_every_two_seconds_at_most() -> None:
    clock = [0.0]
    analyses = Analyses(Switch("postgres"))
    count = UnfinishedCount(analyses, limit=1, now=lambda: clock[0])
    cap = UnfinishedCap(count, limit=1, throughput=Throughput())
    await cap.check()
    cap.note_accepted()
    with pytest.raises(RefusedError):
        await cap.check()
    clock[0] = 2.1
    await cap.check()


async def test_a_bug_is_a_problem_too(
    api: TwinApi, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("secret detail")

    api.answer = broken
    answer = await client.post(UPLOAD, files={"image": picture()})
    body = problem_of(answer, 500, "unexpected_error")
    assert "secret" not in answer.text
    logged = capsys.readouterr().out
    assert "ZeroDivisionError" in logged
    assert body["trace_id"] in logged
    await api.analyses.record([analyzed(api.analyses.requests[0])])
    again = await client.get(f"/api/v1/analyses/{api.analyses.requests[0].request_id}")
    assert again.json()["state"] == "completed"
